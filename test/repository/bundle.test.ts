/** The files of a control-plane node: which are taken along, and what comes back. No server: the node is laid out only. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join, relative } from 'node:path';
import { suite, test } from 'node:test';
import { hasCode, operationContext, type OperationEvent, systemClock } from '../../src/base/index.ts';
import { createBackup, fetchBundle, listBundle } from '../../src/operations/index.ts';
import { layOutNode, type NodeLayout } from '../../src/operations/demo/index.ts';
import { checkRepository } from '../../src/repository/check/index.ts';
import {
  deleteRecord,
  generateFileKey,
  initRepository,
  putTombstone,
  type Repository,
} from '../../src/repository/index.ts';
import { pruneRepository } from '../../src/repository/prune/index.ts';
import { packName } from '../../src/repository/pack/index.ts';
import { openMemoryStorage } from '../../src/storage/index.ts';
import { unpackSample } from '../support/kubernetes-samples.ts';
import { tempDir } from '../support/temp-dir.ts';
import { reopen } from './small-backups.ts';

/** Each backup is a second younger than the one before: of two in one second either may be the newest. */
let made = 0;
const clock = { ...systemClock, now: () => Date.now() + 1000 * made };
const ctx = operationContext({ clock });

async function newRepository(): Promise<Repository> {
  const lock = { kind: 'key-file', key: generateFileKey() } as const;
  return await initRepository(openMemoryStorage(), { lock }, ctx);
}

/** A backup of a sample with the files of this node. */
async function backUp(repository: Repository, path: string, root: string, bundle = true) {
  made++;
  const warnings: string[] = [];
  const events = (event: OperationEvent) => event.type === 'warning' && warnings.push(event.message);
  const { record } = await createBackup(
    { repository, program: 'test', source: { kind: 'file', path }, node: { root, bundle } },
    operationContext({ clock, events }),
  );
  return { record, warnings };
}

/** What lies below a directory, by host paths: what kind, which mode, when, and what is in it. */
async function look(root: string, directory = '/'): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of await readdir(join(root, directory))) {
    const path = join(directory, name);
    const at = join(root, path);
    const stat = await lstat(at);
    const { mode, mtimeMs } = stat;
    if (stat.isSymbolicLink()) found.set(path, `link ${await readlink(at)}`);
    else if (stat.isDirectory()) {
      found.set(path, `directory ${(mode & 0o777).toString(8)}`);
      for (const [below, what] of await look(root, path)) found.set(below, what);
    } else {
      const content = (await readFile(at)).toString('base64');
      found.set(path, `file ${(mode & 0o777).toString(8)} ${Math.trunc(mtimeMs)} ${content}`);
    }
  }
  return found;
}

suite('a node’s files', () => {
  test('come back as they were, and nothing else is taken along', async () => {
    await using dir = await tempDir('bundle');
    const node = await layOutNode({
      root: join(dir.path, 'host'),
      etcdVersion: '3.6.5',
      nodeName: 'bundled',
      apiServerArgs: [
        '--encryption-provider-config=/etc/kubernetes/pki/encryption.yaml',
        '--audit-log-path=/etc/kubernetes/pki/audit.log',
      ],
    });
    await dress(node);
    const snapshot = await unpackSample('shop-3.6', dir.path);
    const repository = await newRepository();
    const { record, warnings } = await backUp(repository, snapshot, node.root);
    assert.deepEqual(warnings, []);
    const directory = join(dir.path, 'back');
    // Of a run that was killed; there is no such process.
    await mkdir(join(dir.path, '.back.part-4194305-0a1b2c3d4e5f/etc/kubernetes/pki'), { recursive: true });
    const fetched = await fetchBundle({ repository, id: 'latest', directory }, ctx);
    assert.deepEqual([fetched.files, fetched.bytes], [record.bundle!.files, record.bundle!.bytes]);
    assert.equal((await lstat(directory)).mode & 0o777, 0o700);
    const before = await look(node.root);
    const after = await look(directory);
    for (const [path, what] of after)
      if (path !== '/etc/kubernetes/pki/moved') assert.equal(what, before.get(path), path);
    assert.equal(after.get('/etc/kubernetes/pki/moved'), 'link ../../../opt/certs');
    for (const path of [
      '/etc/kubernetes/manifests/etcd.yaml',
      '/etc/kubernetes/manifests/kube-scheduler.yaml',
      '/etc/kubernetes/pki/sa.key',
      '/etc/kubernetes/pki/sa.pub',
      '/etc/kubernetes/pki/ca.key',
      '/etc/kubernetes/pki/etcd/ca.key',
      '/etc/kubernetes/pki/encryption.yaml',
      '/etc/kubernetes/pki/current.crt',
      '/opt/certs/extra.crt',
      '/etc/kubernetes/controller-manager.conf',
      '/var/lib/kubelet/config.yaml',
      '/var/lib/kubelet/kubeadm-flags.env',
    ])
      assert.ok(after.has(path), path);
    for (const path of ['/etc/kubernetes/admin.conf', '/root', '/etc/shadow', '/proc'])
      assert.equal(after.has(path), false, path);
    const files = (await listBundle({ repository, record }, ctx))!;
    const kinds = new Map(files.map(({ path, kind }) => [path, kind]));
    assert.equal(kinds.get('/etc/kubernetes/pki/encryption.yaml'), 'encryption');
    assert.equal(kinds.get('/etc/kubernetes/manifests/etcd.yaml'), 'manifest');
    assert.equal(kinds.get('/var/lib/kubelet/config.yaml'), 'kubelet');
    assert.equal(kinds.get('/etc/kubernetes/scheduler.conf'), 'configuration');
    await assert.rejects(fetchBundle({ repository, id: 'latest', directory }, ctx), (error) =>
      hasCode(error, 'FILE_EXISTS'),
    );
    await symlink(node.root, join(dir.path, 'link'));
    await assert.rejects(
      fetchBundle({ repository, id: 'latest', directory: join(dir.path, 'link') }, ctx),
      (error) => hasCode(error, 'FILE_EXISTS'),
    );
    assert.deepEqual(
      (await readdir(dir.path)).filter((name) => name.includes('.part')),
      [],
    );
  });

  test('that are none are left out, with a word', async () => {
    await using dir = await tempDir('bundle');
    const node = await layOutNode({ root: join(dir.path, 'host'), etcdVersion: '3.6.5', nodeName: 'odd' });
    const pki = join(node.root, 'etc/kubernetes/pki');
    await symlink('loop-b', join(pki, 'loop-a'));
    await symlink('loop-a', join(pki, 'loop-b'));
    await symlink('/dev/zero', join(pki, 'zero'));
    await symlink('/etc', join(pki, 'everything'));
    await symlink('..', join(pki, 'up'));
    await symlink('nowhere', join(pki, 'dangling'));
    execFileSync('mkfifo', [join(pki, 'pipe')]);
    await writeFile(join(pki, 'large.log'), '');
    await truncate(join(pki, 'large.log'), 8 << 20);
    await mkdir(join(pki, 'a/b/c/d/e/f/g/h/i'), { recursive: true });
    await writeFile(join(pki, 'a/b/c/d/e/f/g/h/i/deep.crt'), 'deep');
    await writeFile(join(node.root, 'etc/kubernetes/manifests/broken.yaml'), 'no: [pod');
    const snapshot = await unpackSample('shop-3.6', dir.path);
    const repository = await newRepository();
    const { record, warnings } = await backUp(repository, snapshot, node.root);
    for (const name of ['loop-a', 'loop-b', 'zero', 'everything', 'pipe', 'large.log'])
      assert.equal(
        warnings.filter((text) => text.includes(`/pki/${name} is not in the bundle: `)).length,
        1,
        name,
      );
    assert.equal(warnings.filter((text) => text.includes('more than 8 directories deep')).length, 1);
    const paths = (await listBundle({ repository, record }, ctx))!.map(({ path }) => path);
    assert.ok(paths.includes('/etc/kubernetes/manifests/broken.yaml'), 'a manifest is one whatever is in it');
    for (const path of paths) assert.match(path, /^\/(etc\/kubernetes|var\/lib\/kubelet)\//);
    const directory = join(dir.path, 'back');
    await fetchBundle({ repository, id: 'latest', directory }, ctx);
    for (const [path, what] of await look(directory)) {
      if (!what.startsWith('link ')) continue;
      const target = join(directory, path, '..', what.slice('link '.length));
      assert.equal(relative(directory, target).startsWith('..'), false, `${path} leads out`);
    }
  });

  test('that are others are a change', async () => {
    await using dir = await tempDir('bundle');
    const node = await layOutNode({
      root: join(dir.path, 'host'),
      etcdVersion: '3.6.5',
      nodeName: 'unchanged',
    });
    const path = await unpackSample('shop-3.6', dir.path);
    const repository = await newRepository();
    const isCreated = async (bundle: boolean) => {
      made++;
      const { created } = await createBackup(
        {
          ...{ repository, program: 'test', source: { kind: 'file', path }, skipUnchanged: true },
          node: { root: node.root, bundle },
        },
        ctx,
      );
      return created;
    };
    assert.equal(await isCreated(false), true);
    assert.equal(await isCreated(true), true, 'the last one has none');
    assert.equal(await isCreated(true), false);
    await writeFile(join(node.root, 'etc/kubernetes/pki/sa.pub'), 'rotated');
    assert.equal(await isCreated(false), false);
    assert.equal(await isCreated(true), true);
    const { record } = await backUp(repository, path, node.root);
    assert.equal(record.kubernetesVersion, 'v1.36.2', 'as the nodes in the database say, not this host');
    await assert.rejects(
      createBackup({ repository, program: 'test', source: { kind: 'file', path }, hasOtherKeys: true }, ctx),
      (error) => hasCode(error, 'REPOSITORY_REPLACED'),
    );
  });

  test('are asked for where there are none, or were not taken along', async () => {
    await using dir = await tempDir('bundle');
    const snapshot = await unpackSample('shop-3.6', dir.path);
    const repository = await newRepository();
    await mkdir(join(dir.path, 'host'));
    await assert.rejects(backUp(repository, snapshot, join(dir.path, 'host')), (error) =>
      hasCode(error, 'BUNDLE_NOT_FOUND'),
    );
    const { record } = await backUp(repository, snapshot, join(dir.path, 'host'), false);
    assert.equal(record.bundle, undefined);
    await assert.rejects(
      fetchBundle({ repository, id: 'latest', directory: join(dir.path, 'back') }, ctx),
      (error) => hasCode(error, 'BUNDLE_NOT_FOUND'),
    );
  });

  test('survive a prune; damage of one is named, and the rest stays', async () => {
    await using dir = await tempDir('bundle');
    const node = await layOutNode({ root: join(dir.path, 'host'), etcdVersion: '3.6.5', nodeName: 'pruned' });
    const snapshot = await unpackSample('shop-3.6', dir.path);
    const repository = await newRepository();
    const first = await backUp(repository, snapshot, node.root);
    await writeFile(join(node.root, 'etc/kubernetes/pki/sa.key'), 'a new key');
    const second = await backUp(repository, snapshot, node.root);
    assert.ok(
      second.record.stored.uploadedBytes < first.record.stored.uploadedBytes / 4,
      'one file and a list',
    );
    const at = new Date().toISOString();
    await putTombstone(repository, first.record.id, { at, host: 'test', why: 'test' });
    await deleteRecord(repository, first.record.id);
    await pruneRepository(reopen(repository), { maxRepackBytes: 1 << 30 }, operationContext());
    const fresh = reopen(repository);
    const sound = await checkRepository(fresh, { readData: 1 }, ctx);
    assert.deepEqual([sound.findings, sound.brokenBackups], [[], []]);
    await fetchBundle({ repository: fresh, id: 'latest', directory: join(dir.path, 'pruned') }, ctx);
    assert.equal(await readFile(join(dir.path, 'pruned/etc/kubernetes/pki/sa.key'), 'utf8'), 'a new key');
    await damageFile(fresh, second.record, '/etc/kubernetes/pki/sa.key');
    const hit = await checkRepository(reopen(repository), { readData: 1 }, ctx);
    assert.deepEqual(hit.brokenBackups, [second.record.id]);
    assert.ok(hit.findings.some(({ code, backups }) => code === 'pack-damaged' && backups.length === 1));
    const directory = join(dir.path, 'damaged');
    await assert.rejects(
      fetchBundle({ repository: reopen(repository), id: 'latest', directory }, ctx),
      (error) => hasCode(error, 'REPOSITORY_DAMAGED'),
    );
    assert.deepEqual(
      (await readdir(dir.path)).filter((name) => name.includes('damaged')),
      [],
    );
  });
});

/** What people do to a node. */
async function dress({ root }: NodeLayout): Promise<void> {
  const pki = join(root, 'etc/kubernetes/pki');
  await writeFile(join(pki, 'encryption.yaml'), 'kind: EncryptionConfiguration\n', { mode: 0o600 });
  await writeFile(join(root, 'var/lib/kubelet/kubeadm-flags.env'), 'KUBELET_KUBEADM_ARGS=""\n');
  await symlink('apiserver.crt', join(pki, 'current.crt'));
  await mkdir(join(root, 'opt/certs'), { recursive: true });
  await writeFile(join(root, 'opt/certs/extra.crt'), 'extra', { mode: 0o640 });
  await symlink('/opt/certs', join(pki, 'moved'));
  await utimes(join(pki, 'sa.key'), 1_700_000_000, 1_700_000_000);
  for (const name of ['ca.key', 'etcd/ca.key']) await writeFile(join(pki, name), name, { mode: 0o600 });
  await chmod(join(pki, 'etcd'), 0o500);
  await writeFile(join(root, 'etc/shadow'), 'secret');
}

/** Changes a byte of the piece that holds a file. */
async function damageFile(
  repository: Repository,
  record: Parameters<typeof listBundle>[0]['record'],
  path: string,
) {
  const file = (await listBundle({ repository, record }, ctx))!.find((each) => each.path === path)!;
  const [place] = (await repository.index()).find('bundleFile', file.id);
  const name = packName(place!.pack.digest);
  const bytes = Buffer.from(await repository.storage.get(name));
  bytes[place!.entry.offset]! ^= 1;
  await repository.storage.delete(name);
  await repository.storage.putIfAbsent(name, [bytes]);
}
