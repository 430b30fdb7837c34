import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode, operationContext, utf8 } from '../../base/index.ts';
import { openMemoryStorage } from '../../storage/index.ts';
import { createSlot, generateFileKey } from '../keys/index.ts';
import { initRepository, openRepository, putSlot } from '../open/index.ts';
import {
  type BundleTree,
  decodeBundleList,
  encodeBundleList,
  prepareBundle,
  readBundleFile,
  readBundleList,
  storeBundle,
} from './index.ts';

const owned = { mode: 0o644, uid: 0, gid: 0 };

const tree: BundleTree = {
  directories: [
    { path: '/etc/kubernetes/pki', mode: 0o755, uid: 0, gid: 0 },
    { path: '/etc', mode: 0o755, uid: 0, gid: 0 },
  ],
  files: [
    {
      path: '/etc/kubernetes/pki/sa.key',
      kind: 'pki',
      ...owned,
      mode: 0o600,
      mtimeMs: 5,
      content: utf8('secret'),
    },
    { path: '/etc/kubernetes/pki/sa.pub', kind: 'pki', ...owned, mtimeMs: 6, content: utf8('public') },
    { path: '/etc/kubernetes/pki/empty', kind: 'pki', ...owned, mtimeMs: 7, content: new Uint8Array(0) },
  ],
  links: [{ path: '/etc/kubernetes/pki/current', target: 'sa.pub' }],
};

async function newRepository() {
  const ctx = operationContext();
  const key = generateFileKey();
  const storage = openMemoryStorage();
  return {
    ctx,
    storage,
    repository: await initRepository(storage, { lock: { kind: 'key-file', key } }, ctx),
  };
}

test('a bundle comes back, in order of its paths; the same files are stored once', async () => {
  const { ctx, repository } = await newRepository();
  const prepared = prepareBundle(repository, tree);
  const options = { avoidedPacks: new Set<string>(), signal: ctx.signal };
  const stored = await storeBundle(repository, prepared, options);
  assert.ok(stored.uploadedBytes > 0);
  assert.deepEqual([stored.bundle.files, stored.bundle.bytes], [3, 12]);
  const turned = { ...tree, files: tree.files.toReversed(), directories: tree.directories.toReversed() };
  const again = await storeBundle(repository, prepareBundle(repository, turned), options);
  assert.deepEqual(again, { bundle: stored.bundle, uploadedBytes: 0 });
  const record = { id: 'x', bundle: stored.bundle };
  const list = (await readBundleList(repository, record))!;
  assert.deepEqual(
    list.files.map(({ path }) => path),
    ['empty', 'sa.key', 'sa.pub'].map((name) => `/etc/kubernetes/pki/${name}`),
  );
  assert.deepEqual(list.links, tree.links);
  for (const file of list.files) {
    const original = tree.files.find(({ path }) => path === file.path)!;
    const { content, ...rest } = original;
    assert.deepEqual(await readBundleFile(repository, file), content);
    const { sizeBytes, sha256, id, ...found } = file;
    assert.deepEqual(found, rest);
    assert.deepEqual([sizeBytes, sha256.length, id.length], [content.length, 64, 32]);
  }
  assert.equal(await readBundleList(repository, { id: 'x' }), undefined);
  await assert.rejects(
    readBundleList(repository, { id: 'x', bundle: { ...stored.bundle, sha256: '00'.repeat(32) } }),
    (error) => hasCode(error, 'REPOSITORY_DAMAGED'),
  );
});

test('who writes it, or reads backups, need not read it', async () => {
  const { ctx, storage, repository } = await newRepository();
  const key = generateFileKey();
  const lock = { kind: 'key-file', key } as const;
  const createdAt = new Date(0).toISOString();
  await putSlot(
    storage,
    await createSlot({ keys: repository.keys, lock, label: 'node', allows: ['write', 'read'], createdAt }),
  );
  const node = await openRepository(storage, { unlock: lock }, ctx);
  const options = { avoidedPacks: new Set<string>(), signal: ctx.signal };
  const { bundle } = await storeBundle(node, prepareBundle(node, tree), options);
  const record = { id: 'x', bundle };
  await assert.rejects(readBundleList(node, record), (error) =>
    hasCode(error, 'REPOSITORY_KEY_INSUFFICIENT'),
  );
  await repository.reloadIndex();
  const [file] = (await readBundleList(repository, record))!.files;
  await assert.rejects(readBundleFile(node, file!), (error) => hasCode(error, 'REPOSITORY_KEY_INSUFFICIENT'));
});

test('a list that would lead out of its tree is refused', () => {
  const file = { ...tree.files[0]!, sizeBytes: 1, sha256: '00'.repeat(32), id: new Uint8Array(32) };
  const at = (...paths: string[]) => paths.map((path) => ({ ...file, path }));
  const decode = (list: Partial<Parameters<typeof encodeBundleList>[0]>) =>
    decodeBundleList(encodeBundleList({ directories: [], files: [], links: [], ...list }), 'list');
  assert.equal(decode({ files: at('/a/b', '/a/c') }).files.length, 2);
  const hostile: Parameters<typeof decode>[0][] = [
    ...[
      'a',
      '',
      '/',
      '//a',
      '/a/',
      '/a/../b',
      '/..',
      '/./a',
      '/a\0b',
      `/${'a'.repeat(256)}`,
      '/a'.repeat(2049),
    ].map((path) => ({ files: at(path) })),
    { files: at('/a', '/a') },
    { files: at('/a', '/a/b') },
    { links: [{ path: '/a', target: '/etc' }], files: at('/a/b') },
    { links: [{ path: '/a', target: '/etc' }], directories: [{ ...owned, path: '/a' }] },
    { links: [{ path: '/a', target: '' }] },
    { files: [{ ...file, sizeBytes: 2 ** 30 }] },
    { files: [{ ...file, sha256: 'no digest' }] },
  ];
  for (const [index, list] of hostile.entries())
    assert.throws(
      () => decode(list),
      (error) => hasCode(error, 'REPOSITORY_DAMAGED'),
      `list ${index}`,
    );
  const withSetUserId = decode({ files: [{ ...file, mode: 0o4755 }] });
  assert.equal(withSetUserId.files[0]!.mode, 0o755);
  assert.throws(
    () => decodeBundleList(utf8('{"formatVersion":2}'), 'list'),
    (error) => hasCode(error, 'REPOSITORY_FORMAT_UNKNOWN'),
  );
});
