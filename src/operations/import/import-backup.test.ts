/** Every kind of backup that testdata/import has a sample of (its README says who made which). */
import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { hasCode, HoldfastError, openFileSource, operationContext } from '../../base/index.ts';
import { openDatabase } from '../../formats/bbolt/index.ts';
import { decodeKeyValue, hashKv } from '../../formats/mvcc/index.ts';
import { parseAgeIdentities } from '../../repository/index.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { importBackup, type ImportOptions, type ImportResult } from './index.ts';

const samples = join(import.meta.dirname, '../../../testdata/import');
const sample = (...parts: string[]) => join(samples, ...parts);

interface Expected {
  readonly hashKv: number;
  readonly revision: number;
}

const expectedOf = (name: string) =>
  JSON.parse(readFileSync(sample(name, 'expected.json'), 'utf8')) as Expected;

/** Imports into a directory of its own, in which nothing but the result may be left. */
async function imported(
  paths: readonly string[],
  options: Partial<ImportOptions> = {},
): Promise<{ result: ImportResult; hash: number; bytes: Uint8Array; rows: ReturnType<typeof liveRows> }> {
  await using dir = await tempDir('import');
  const out = join(dir.path, 'out.db');
  const result = await importBackup(
    { paths: paths as [string, ...string[]], out, ...options },
    operationContext(),
  );
  assert.deepEqual(await readdir(dir.path), ['out.db']);
  using file = openFileSource(out);
  const database = openDatabase(file);
  const hash = hashKv(database, { revision: 0n }).hash;
  return { result, hash, bytes: new Uint8Array(await readFile(out)), rows: liveRows(database) };
}

async function failure(
  paths: readonly string[],
  options: Partial<ImportOptions> = {},
): Promise<HoldfastError> {
  await using dir = await tempDir('import-failure');
  try {
    const out = join(dir.path, 'out.db');
    await importBackup({ paths: paths as [string, ...string[]], out, ...options }, operationContext());
  } catch (error) {
    assert.deepEqual(await readdir(dir.path), [], 'nothing is left behind');
    assert.ok(error instanceof HoldfastError, String(error));
    assert.ok(!error.message.includes('\n') && !error.message.includes('.part'), error.message);
    return error;
  }
  throw new Error(`${paths.join(' ')}: it succeeded`);
}

/** The keys as they are at the last revision, without leases. */
function liveRows(database: ReturnType<typeof openDatabase>) {
  const live = new Map<string, { create: bigint; mod: bigint; version: bigint; value: string }>();
  for (const { key: row, value } of database.bucket('key')!.entries()) {
    const record = decodeKeyValue(value);
    const name = Buffer.from(record.key).toString();
    if (row.length === 18) live.delete(name);
    else
      live.set(name, {
        create: record.createRevision,
        mod: record.modRevision,
        version: record.version,
        value: Buffer.from(record.value).toString(),
      });
  }
  return live;
}

const identities = (name: string) => async () =>
  parseAgeIdentities(await readFile(sample('sealed', name), 'utf8'));

const snapshotCases: readonly (readonly [string, string, ImportResult['format'], readonly string[]])[] = [
  ['a snapshot', 'snapshot/snapshot.db', 'snapshot', []],
  ['gzip', 'compressed/snapshot.db.gz', 'snapshot', ['gzip']],
  ['zstd', 'compressed/snapshot.db.zst', 'snapshot', ['zstd']],
  ['zip', 'compressed/snapshot.zip', 'snapshot', ['zip']],
  ['tar in gzip', 'compressed/snapshot.tar.gz', 'snapshot', ['gzip', 'tar']],
  ['age', 'sealed/snapshot.db.gz.age', 'snapshot', ['age', 'gzip']],
  ['age in armor', 'sealed/snapshot.db.gz.asc', 'snapshot', ['age', 'gzip']],
  ['talos-backup', 'talos-backup/talos-2026-11-22T10_00_00Z.snap.zst.age', 'talos-backup', ['age', 'zstd']],
  ['k3s', 'k3s/snapshots/etcd-snapshot-cp1-1795341600.zip', 'k3s', ['zip']],
  ['OpenShift', 'openshift', 'openshift', []],
];

for (const [name, path, format, layers] of snapshotCases) {
  test(`${name}: the snapshot that went in, byte for byte`, async () => {
    const { result, hash, bytes } = await imported([sample(path)], {
      secrets: { identities: identities('identity.txt') },
    });
    assert.deepEqual(bytes, new Uint8Array(await readFile(sample('snapshot/snapshot.db'))));
    assert.deepEqual([result.format, result.files[0]?.layers, result.digest], [format, layers, 'verified']);
    const expected = expectedOf('snapshot');
    assert.deepEqual([hash, Number(result.status.revision)], [expected.hashKv, expected.revision]);
    assert.deepEqual(result.members, ['cp1']);
  });
}

test('facts and files beside a backup are told, and nothing of a bundle is unpacked', async () => {
  const k3s = await imported([sample('k3s/snapshots/etcd-snapshot-cp1-1795341600.zip')]);
  assert.deepEqual(k3s.result.facts, { clusterID: 'c-m-abc', description: 'nightly' });
  const [kopsName] = readdirSync(sample('kops'));
  for (const paths of [
    [sample('kops', kopsName!)],
    ['etcd.backup.gz', '_etcd_backup.meta'].map((name) => sample('kops', kopsName!, name)),
  ]) {
    const { result } = await imported(paths);
    assert.equal(result.format, 'kops');
    assert.match(result.facts['etcdVersion'] ?? '', /^3\.5\./);
    assert.equal(result.facts['memberCount'], '1');
    assert.match(result.facts['takenAt'] ?? '', /^20\d\d-/);
  }
  const { result } = await imported([sample('openshift/snapshot_2026-11-22_100000.db')]);
  assert.deepEqual(
    result.bundle?.files.map(({ name }) => name).sort(),
    [
      'static-pod-resources/etcd-pod-7/etcd-pod.yaml',
      'static-pod-resources/kube-apiserver-pod-12/kube-apiserver-pod.yaml',
      'static-pod-resources/kube-apiserver-pod-12/secrets/etcd-client/tls.key',
    ].sort(),
  );
});

test('a passphrase opens what age sealed with it', async () => {
  const passphrase = () => Promise.resolve('correct horse');
  const { result } = await imported([sample('sealed/snapshot.db.gz.passphrase.age')], {
    secrets: { passphrase },
  });
  assert.deepEqual(result.files[0]?.layers, ['age', 'gzip']);
});

test('a database without a digest gets one, and the report says that none came with it', async () => {
  await using dir = await tempDir('import-raw');
  const path = join(dir.path, 'db');
  writeFileSync(path, (await readFile(sample('snapshot/snapshot.db'))).subarray(0, -32));
  const { result, bytes } = await imported([path]);
  assert.deepEqual([result.format, result.digest], ['database', 'none']);
  assert.deepEqual(bytes, new Uint8Array(await readFile(sample('snapshot/snapshot.db'))));
});

test('a data dir is imported with what only its log holds', async () => {
  await using dir = await tempDir('import-data-dir');
  const dataDir = await unpackedDataDir(dir.path);
  const expected = expectedOf('data-dir');
  for (const path of [dataDir, join(dataDir, 'member')]) {
    const { result, hash } = await imported([path]);
    assert.equal(result.format, 'data-dir');
    assert.ok(result.log!.appliedEntries > 0, 'the sample has a log that is ahead');
    assert.deepEqual([hash, Number(result.status.revision)], [expected.hashKv, expected.revision]);
  }
});

async function unpackedDataDir(directory: string): Promise<string> {
  const dataDir = join(directory, 'data');
  for (const part of ['snap', 'wal']) {
    await mkdir(join(dataDir, 'member', part), { recursive: true });
    for (const name of readdirSync(sample('data-dir/member', part)))
      writeFileSync(
        join(dataDir, 'member', part, name.replace(/\.gz$/, '')),
        gunzipSync(readFileSync(sample('data-dir/member', part, name))),
      );
  }
  return dataDir;
}

for (const policy of ['none', 'gzip', 'zlib', 'lzw']) {
  test(`Gardener, ${policy}: full and deltas are the database of the last revision`, async () => {
    const { result, hash } = await imported([sample('gardener', policy)]);
    const expected = expectedOf(join('gardener', policy));
    assert.deepEqual([hash, Number(result.status.revision)], [expected.hashKv, expected.revision]);
    assert.deepEqual([result.format, result.digest, result.chain?.deltas], ['gardener', 'verified', 2]);
  });
}

test("Gardener: the keys are those of Gardener's own restore, and have their leases besides", async () => {
  const { rows } = await imported([sample('gardener/gzip')]);
  const own = JSON.parse(await readFile(sample('gardener/gzip/own-restore.json'), 'utf8')) as {
    kvs: { key: string; create_revision: number; mod_revision: number; version: number; value: string }[];
  };
  const theirs = own.kvs.map(({ key, create_revision, mod_revision, version, value }) => [
    Buffer.from(key, 'base64').toString(),
    {
      create: BigInt(create_revision),
      mod: BigInt(mod_revision),
      version: BigInt(version),
      value: Buffer.from(value, 'base64').toString(),
    },
  ]);
  assert.ok(theirs.length > 10);
  assert.deepEqual([...rows].sort(byName), theirs.sort(byName));
});

const byName = (a: readonly unknown[], b: readonly unknown[]) => (String(a[0]) < String(b[0]) ? -1 : 1);

/** Files of a chain in a directory where they can be changed. */
function chainIn(directory: string): { directory: string; full: string; first: string; second: string } {
  cpSync(sample('gardener/none/v2'), join(directory, 'v2'), { recursive: true });
  const [full, first, second] = readdirSync(join(directory, 'v2'))
    .sort()
    .map((name) => join(directory, 'v2', name)) as [string, string, string];
  return { directory, full, first, second };
}

test('Gardener: files in any order, under other names, with a delta twice, and in the old layout', async () => {
  await using dir = await tempDir('import-chain');
  const { full, first, second } = chainIn(dir.path);
  const expected = expectedOf('gardener/none').hashKv;
  assert.equal((await imported([second, first, full])).hash, expected);
  const renamed = [full, first, second].map((path, i) => {
    const to = join(dir.path, `object-${9 - i}`);
    cpSync(path, to);
    return to;
  });
  assert.equal((await imported(renamed)).hash, expected);
  const twice = await imported([...renamed, second]);
  assert.equal(twice.hash, expected);
  assert.ok(twice.result.chain!.repeatedEvents > 0);
  cpSync(join(dir.path, 'v2'), join(dir.path, 'old', 'v1', 'Backup-1795378210'), { recursive: true });
  assert.equal((await imported([join(dir.path, 'old')])).hash, expected);
});

test('Gardener: a chain with a hole, a changed delta and deltas alone are refused by name', async () => {
  await using dir = await tempDir('import-hole');
  const { full, first, second } = chainIn(dir.path);
  const hole = await failure([full, second]);
  assert.equal(hole.code, 'IMPORT_CHAIN_BROKEN');
  assert.match(hole.message, /^revisions 12 to 19 are missing between the full snapshot and Incr-00000020/);
  assert.equal((await failure([first, second])).code, 'IMPORT_CHAIN_BROKEN');
  assert.equal((await failure([second])).code, 'IMPORT_CHAIN_BROKEN');
  const bytes = readFileSync(first);
  bytes[200]! ^= 1;
  writeFileSync(first, bytes);
  const changed = await failure([dir.path]);
  assert.equal(changed.code, 'DIGEST_MISMATCH');
  assert.ok(changed.message.includes('Incr-00000012'), changed.message);
});

test('what does not open says so in one sentence, with exit status 4', async () => {
  const wrong = { identities: identities('other-identity.txt'), passphrase: () => Promise.resolve('wrong') };
  for (const name of ['snapshot.db.gz.age', 'snapshot.db.gz.asc', 'snapshot.db.gz.passphrase.age']) {
    for (const secrets of [wrong, {}]) {
      const error = await failure([sample('sealed', name)], { secrets });
      assert.deepEqual([error.code, error.exitStatus], ['IMPORT_KEY_WRONG', 4], error.message);
      assert.ok(!error.message.includes('wrong') && !error.message.includes('AGE-SECRET'), error.message);
    }
  }
});

test('a backup cut off anywhere, or with a byte changed, is refused', async () => {
  await using dir = await tempDir('import-cut');
  const secrets = { identities: identities('identity.txt') };
  const files = [
    ...['snapshot/snapshot.db', 'compressed/snapshot.db.gz', 'compressed/snapshot.db.zst'],
    ...['compressed/snapshot.zip', 'compressed/snapshot.tar.gz', 'sealed/snapshot.db.gz.age'],
    'sealed/snapshot.db.gz.asc',
  ];
  for (const name of files) {
    const bytes = await readFile(sample(name));
    const path = join(dir.path, 'cut');
    for (const share of [0.3, 0.7, 0.999]) {
      writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length * share)));
      const { code, exitStatus } = await failure([path], { secrets });
      assert.equal(exitStatus, 3, `${name} ${share}: ${code}`);
    }
    const changed = Buffer.from(bytes);
    changed[bytes.length >> 1]! ^= 0x01;
    writeFileSync(path, changed);
    assert.equal((await failure([path], { secrets })).exitStatus, 3, name);
  }
});

test('no backup, unknown compression, and a bomb are refused', async () => {
  await using dir = await tempDir('import-none');
  const path = join(dir.path, 'file');
  for (const content of ['', 'hello', 'x'.repeat(200_000), '{"kind":"List"}']) {
    writeFileSync(path, content);
    assert.equal((await failure([path])).code, 'IMPORT_NOT_RECOGNISED');
  }
  const xz = await failure([sample('compressed/snapshot.db.xz')]);
  assert.ok(hasCode(xz, 'IMPORT_NOT_RECOGNISED') && /xz/.test(xz.message) && /Unpack it/.test(xz.hint));
  assert.equal((await failure([sample('sealed')])).code, 'IMPORT_KEY_WRONG');
  const bomb = Buffer.from(await readFile(sample('snapshot/snapshot.db')));
  writeFileSync(path, gzipSync(gzipSync(Buffer.concat([bomb, Buffer.alloc(8 << 20)]))));
  const error = await failure([path], { maxUnpackedBytes: 1 << 20 });
  assert.deepEqual([error.code, error.exitStatus], ['IMPORT_TOO_LARGE', 4]);
  assert.equal(
    (await failure([sample('snapshot/snapshot.db')], { format: 'gardener' })).code,
    'IMPORT_NOT_RECOGNISED',
  );
});

test('an existing file is kept unless it may be replaced', async () => {
  await using dir = await tempDir('import-exists');
  const out = join(dir.path, 'out.db');
  writeFileSync(out, 'mine');
  const run = (force: boolean) =>
    importBackup({ paths: [sample('snapshot/snapshot.db')], out, force }, operationContext());
  await assert.rejects(run(false), (error) => hasCode(error, 'FILE_EXISTS'));
  assert.equal(readFileSync(out, 'utf8'), 'mine');
  await run(true);
  assert.ok(existsSync(out) && readFileSync(out).length > 1000);
});
