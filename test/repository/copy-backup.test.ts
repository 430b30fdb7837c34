/** A backup goes into another repository, with other keys. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { hasCode, HoldfastError, operationContext, utf8 } from '../../src/base/index.ts';
import {
  copyBackup,
  createBackup,
  fetchBackup,
  listBundle,
  readResults,
  showBackup,
} from '../../src/operations/backup/index.ts';
import { layOutNode } from '../../src/operations/demo/index.ts';
import { forgetStoredBackups, pinBackup, verifyBackup } from '../../src/operations/upkeep/index.ts';
import {
  generateFileKey,
  initRepository,
  listBackupIds,
  listSessions,
  openRepository,
  type Repository,
} from '../../src/repository/index.ts';
import { checkRepository } from '../../src/repository/check/index.ts';
import { openMemoryStorage } from '../../src/storage/index.ts';
import { buildDatabase } from '../support/build-database.ts';
import { kubernetesSamples, unpackSample } from '../support/kubernetes-samples.ts';
import { tinyRows } from '../support/memory-store.ts';
import { Random } from '../support/random.ts';
import { tempDir } from '../support/temp-dir.ts';
import { testSeed } from '../support/test-seed.ts';
import { reopen } from './small-backups.ts';

const ctx = operationContext();
let dir: Awaited<ReturnType<typeof tempDir>>;
/** A file without digest. */
let tiny: string;

before(async () => {
  dir = await tempDir('copy-backup');
  tiny = join(dir.path, 'tiny.db');
  const buckets = Object.entries(tinyRows).map(([name, items]) => ({ name: utf8(name), items }));
  await writeFile(tiny, buildDatabase(buckets));
});
after(() => dir[Symbol.asyncDispose]());

function newRepository(): Promise<Repository> {
  const lock = { kind: 'key-file', key: generateFileKey() } as const;
  return initRepository(openMemoryStorage(), { lock }, ctx);
}

async function backUp(repository: Repository, path = tiny) {
  const source = { kind: 'file', path, skipDigest: path === tiny } as const;
  return (await createBackup({ repository, source, program: 'test' }, ctx)).record;
}

async function isSound(repository: Repository): Promise<void> {
  const { brokenBackups, findings } = await checkRepository(repository, { readData: 1 }, ctx);
  assert.deepEqual(brokenBackups, []);
  assert.deepEqual(
    findings.filter(({ severity }) => severity === 'fail'),
    [],
  );
}

test('a copy has the id, the time, the facts and the hashes, and is made once', async () => {
  const [from, to] = [await newRepository(), await newRepository()];
  const path = await unpackSample(kubernetesSamples[0], dir.path);
  const { id } = await backUp(from, path);
  const { result } = await verifyBackup({ repository: from, id, workDir: dir.path }, ctx);
  await pinBackup({ repository: from, id, reason: 'before the upgrade' }, ctx);
  const options = { from, to, id, workDir: dir.path };
  const first = await copyBackup(options, ctx);
  const original = (await showBackup({ repository: from, id }, ctx)).record;
  const of = { recipe: [], stored: undefined, seen: [], copiedAt: undefined };
  assert.deepEqual({ ...first.record, ...of }, { ...original, ...of });
  const { copied, record: copy } = first;
  assert.deepEqual([copied, copy.seen, copy.parent], [true, [], undefined]);
  assert.ok(copy.copiedAt !== undefined);
  const again = await copyBackup(options, ctx);
  assert.equal(again.copied, false);
  assert.deepEqual(again.record, first.record);
  assert.deepEqual(await listBackupIds(to), [id]);
  const shown = await showBackup({ repository: to, id }, ctx);
  assert.deepEqual([shown.results, shown.pin?.reason], [[result], 'before the upgrade']);
  const [one, other] = [join(dir.path, 'one.db'), join(dir.path, 'other.db')];
  await fetchBackup({ repository: from, id, path: one }, ctx);
  await fetchBackup({ repository: to, id, path: other }, ctx);
  assert.ok((await readFile(one)).equals(await readFile(other)));
  assert.deepEqual(await listSessions(to), []);
  await isSound(to);
});

test('an exact backup stays exact, and a bundle comes along', async () => {
  const [from, to] = [await newRepository(), await newRepository()];
  const { root } = await layOutNode({
    root: join(dir.path, 'node'),
    etcdVersion: '3.6.5',
    nodeName: 'copied',
  });
  const source = { kind: 'file', path: tiny, skipDigest: true } as const;
  const node = { root, bundle: true };
  const options = { repository: from, source, program: 'test', exact: true, node };
  const { id, bundle } = (await createBackup(options, ctx)).record;
  const { record } = await copyBackup({ from, to, id, workDir: dir.path }, ctx);
  assert.equal(record.source.exact, true);
  assert.deepEqual([record.bundle?.files, record.bundle?.bytes], [bundle?.files, bundle?.bytes]);
  const filesOf = async (repository: Repository, of: typeof record) =>
    (await listBundle({ repository, record: of }, ctx))!.map(({ path, sha256, mode }) => ({
      path,
      sha256,
      mode,
    }));
  const original = (await showBackup({ repository: from, id }, ctx)).record;
  assert.deepEqual(await filesOf(to, record), await filesOf(from, original));
  const path = join(dir.path, 'exact.db');
  await fetchBackup({ repository: to, id, path, exact: 'required' }, ctx);
  assert.ok((await readFile(path)).equals(await readFile(tiny)));
  await isSound(to);
});

test('copies share what is the same, in whatever order they come', async () => {
  const [from, to] = [await newRepository(), await newRepository()];
  const path = await unpackSample(kubernetesSamples[0], dir.path);
  const [early, late] = [await backUp(from, path), await backUp(from, path)].map(({ id }) => id).sort();
  for (const id of [late!, early!]) await copyBackup({ from, to, id, workDir: dir.path }, ctx);
  const copies = [early!, late!].map(async (id) => (await showBackup({ repository: to, id }, ctx)).record);
  const [first, second] = (await Promise.all(copies)) as [
    Awaited<(typeof copies)[0]>,
    Awaited<(typeof copies)[0]>,
  ];
  assert.equal(first.stored.newBytes, 0, 'the second to come shares all of the first');
  assert.deepEqual([first.parent, first.seen, second.parent], [undefined, [], undefined]);
});

test('a copy that is cut short shows nowhere, and is whole when it is done again', async (t: TestContext) => {
  const random = new Random(testSeed(t));
  const from = await newRepository();
  const { id } = await backUp(from);
  await pinBackup({ repository: from, id, reason: 'kept' }, ctx);
  for (let round = 0; round < 12; round++) {
    const storage = openMemoryStorage();
    const lock = { kind: 'key-file', key: generateFileKey() } as const;
    await initRepository(storage, { lock }, ctx);
    const to = await openRepository(storage, { unlock: lock }, ctx);
    let left = random.int(0, 7);
    const isEffective = random.int(0, 1) === 1;
    const broken = reopen(to, {
      ...storage,
      async putIfAbsent(name, content, options) {
        const isLast = left-- === 0;
        if (isLast && !isEffective) throw new HoldfastError('INTERRUPTED', `cut short at ${name}`);
        const put = await storage.putIfAbsent(name, content, options);
        if (isLast) throw new HoldfastError('INTERRUPTED', `cut short after ${name}`);
        return put;
      },
    });
    const options = { from, id, workDir: dir.path };
    await copyBackup({ ...options, to: broken }, ctx).catch((error: unknown) => {
      assert.ok(hasCode(error, 'INTERRUPTED'), String(error));
    });
    // Whatever is listed is whole.
    await isSound(reopen(to));
    await copyBackup({ ...options, to: reopen(to) }, ctx);
    assert.deepEqual(await listBackupIds(to), [id]);
    assert.equal((await showBackup({ repository: to, id }, ctx)).pin?.reason, 'kept');
    await isSound(reopen(to));
  }
});

test('two copies at once make one backup', async () => {
  const [from, to] = [await newRepository(), await newRepository()];
  const { id } = await backUp(from);
  const copy = () => copyBackup({ from: reopen(from), to: reopen(to), id, workDir: dir.path }, ctx);
  await Promise.all([copy(), copy()]);
  assert.deepEqual(await listBackupIds(to), [id]);
  await isSound(to);
});

test('what was forgotten there does not come back, and another cluster does not come in by mistake', async () => {
  const [from, to] = [await newRepository(), await newRepository()];
  const { id } = await backUp(from);
  const options = { from, to, id, workDir: dir.path };
  await copyBackup(options, ctx);
  await forgetStoredBackups({ repository: to, ids: [id] }, ctx);
  await assert.rejects(copyBackup(options, ctx), (error) => hasCode(error, 'BACKUP_FORGOTTEN'));
  const third = await newRepository();
  await backUp(third, await unpackSample(kubernetesSamples[0], dir.path));
  const elsewhere = { ...options, to: third };
  await assert.rejects(copyBackup(elsewhere, ctx), (error) => hasCode(error, 'BACKUP_FOREIGN'));
  assert.equal((await copyBackup({ ...elsewhere, newCluster: true }, ctx)).copied, true);
  assert.deepEqual(await readResults(third, id, ctx), new Map());
});
