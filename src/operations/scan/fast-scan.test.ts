/** The fast way through a file and the plain one, held against each other on every shape of file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patchedBytes } from '../../../test/support/apply-patch.ts';
import { buildDatabase } from '../../../test/support/build-database.ts';
import { freelistDatabase } from '../../../test/support/freelist-damage.ts';
import { fileOf, memoryDir } from '../../../test/support/file-in-memory.ts';
import { tinyRows } from '../../../test/support/memory-store.ts';
import { MvccModel } from '../../../test/support/mvcc-model.ts';
import { Random } from '../../../test/support/random.ts';
import { sampleDatabase } from '../../../test/support/sample-database.ts';
import { testSeed } from '../../../test/support/test-seed.ts';
import {
  type FileSource,
  memorySource,
  openFileSource,
  operationContext,
  runToEnd,
  uint64BigEndian,
  utf8,
} from '../../base/index.ts';
import { type BucketInput, openDatabase, outlineDatabase } from '../../formats/bbolt/index.ts';
import {
  encodeKeyValue,
  encodeRevision,
  encodeTombstone,
  keyCountRule,
  snapshotHash,
} from '../../formats/mvcc/index.ts';
import { countRows, fastScan, hashInTreeOrder, planJob, usedPages } from './fast-scan.ts';
import type { LiveKeys } from './live-keys.ts';
import { plainScanSteps } from './plain-scan.ts';
import type { DatabaseScan } from './database-scan.ts';
import { hasFault, ScanThread } from './scan-job.ts';

/** What the fast way says with the given threads and blocks, taking turns as the random numbers have it. */
function scanInTurns(file: FileSource, threads: number, blockBytes: number, random: Random) {
  const database = openDatabase(file);
  const outline = outlineDatabase(database);
  const job = planJob(file, database, outline, keyCountRule(database), blockBytes);
  const waiting = Array.from({ length: threads }, () => new ScanThread(job));
  const done: (LiveKeys | undefined)[] = [];
  while (waiting.length > 0) {
    const index = random.int(0, waiting.length - 1);
    if (!waiting[index]!.next()) done.push(waiting.splice(index, 1)[0]!.liveKeys);
  }
  const [own, ...others] = done;
  for (const part of others) own?.merge(part!.toPart());
  assert.ok(!hasFault(job) && usedPages(job, outline) !== undefined);
  const hash = hashInTreeOrder(job, outline);
  return { hash, totalKeys: own === undefined ? countRows(job, outline) : own.count };
}

/** Scans in every way and returns the one answer. */
async function scanned(bytes: Uint8Array, random = new Random(1)): Promise<DatabaseScan> {
  await using dir = await memoryDir('scan');
  using file = openFileSource(await fileOf(dir, bytes));
  const database = openDatabase(file);
  const plain = runToEnd(plainScanSteps(database));
  assert.equal(plain.hash, snapshotHash(database));
  assert.deepEqual(await fastScan(file, operationContext(), { threads: 1 }), plain, 'fast as plain');
  const unhashed = await fastScan(file, operationContext(), { threads: 1, hash: false });
  assert.deepEqual(unhashed, { ...plain, hash: undefined }, 'all but the hash');
  // A `key` bucket that is inline is counted elsewhere.
  const hasLeaves = database.bucket('key')?.rootId !== undefined;
  if (plain.keyCountRule === 'live-keys' && !hasLeaves) return plain;
  for (const blockPages of [1, 3, random.int(1, 40)]) {
    const turns = scanInTurns(file, random.int(1, 5), blockPages * database.pageSize, random);
    assert.deepEqual(turns, { hash: plain.hash, totalKeys: plain.totalKeys });
  }
  return plain;
}

const bucketsOf = (rows: typeof tinyRows): BucketInput[] =>
  Object.entries(rows).map(([name, items]) => ({ name: utf8(name), items }));
const version36: BucketInput = {
  name: utf8('meta'),
  items: [{ key: utf8('storageVersion'), value: utf8('3.6.0') }],
};

test('the small store of the fact sheet, as 3.5 and as 3.6 count it', async () => {
  const { hash, totalKeys, version } = await scanned(buildDatabase(bucketsOf(tinyRows)));
  assert.deepEqual([hash?.toString(16), totalKeys, version], ['633b2130', 9, undefined]);
  const newer = bucketsOf(tinyRows).map((bucket) =>
    Buffer.from(bucket.name).toString() === 'meta' ? version36 : bucket,
  );
  const counted = await scanned(buildDatabase(newer));
  assert.deepEqual([counted.totalKeys, counted.version], [3, '3.6.0']);
});

test('files of every page size, of 3.5 and of 3.6', async () => {
  for (const pageSize of [1024, 2048, 4096, 8192, 16384, 32768, 65536]) {
    for (const storageVersion of [false, true]) {
      const { bytes } = sampleDatabase({ pageSize, storageVersion, changes: 3000 });
      const { totalKeys } = await scanned(bytes);
      if (storageVersion) assert.ok(totalKeys > 0 && totalKeys <= 60);
      else assert.ok(totalKeys > 3000);
    }
  }
});

test('no bucket, empty buckets, an inline key bucket, no key bucket', async () => {
  const empty = ['alarm', 'auth', 'key', 'lease'].map((name) => ({ name: utf8(name), items: [] }));
  assert.equal((await scanned(buildDatabase([]))).hash, 0);
  assert.equal((await scanned(buildDatabase(empty))).totalKeys, 0);
  assert.equal((await scanned(buildDatabase([...empty, version36]))).totalKeys, 0);
  assert.equal((await scanned(buildDatabase([version36]))).totalKeys, 0);
  const onePut = { key: encodeRevision({ main: 2n, sub: 0n, tombstone: false }), value: utf8('\n\u0001a') };
  assert.equal(
    (await scanned(buildDatabase([{ name: utf8('key'), items: [onePut] }, version36]))).totalKeys,
    1,
  );
});

test('values that span blocks, next to each other and at the end', async () => {
  const sizes = [10, 70_000, 5, 70_000, 70_000, 4096, 4000, 300_000];
  const items = sizes.map((size, index) => ({
    key: encodeRevision({ main: BigInt(index + 2), sub: 0n, tombstone: false }),
    value: keyValue(`k${index}`, size),
  }));
  for (const pageSize of [1024, 4096, 65536]) {
    const bytes = buildDatabase([{ name: utf8('key'), items }, version36], pageSize);
    assert.equal((await scanned(bytes)).totalKeys, sizes.length);
  }
});

function keyValue(key: string, sizeBytes: number): Uint8Array {
  const value = new Uint8Array(sizeBytes).fill(7);
  return encodeKeyValue({
    key: utf8(key),
    createRevision: 1n,
    modRevision: 1n,
    version: 1n,
    value,
    lease: 0n,
  });
}

test('keys that end deleted, and one that comes back', async () => {
  const rows = [
    [2n, 'a', false],
    [3n, 'b', false],
    [4n, 'a', true],
    [5n, 'c', false],
    [6n, 'b', true],
    [7n, 'a', false],
    [8n, 'c', true],
  ] as const;
  // Enough rows before, so that the bucket has leaves of its own.
  const items = Array.from({ length: 300 }, (_, i) => ({
    key: encodeRevision({ main: 1n, sub: BigInt(i), tombstone: false }),
    value: keyValue('other', 20),
  }));
  for (const [main, key, tombstone] of rows) {
    const value = tombstone ? encodeTombstone(utf8(key)) : keyValue(key, 3);
    items.push({ key: encodeRevision({ main, sub: 0n, tombstone }), value });
  }
  const { totalKeys } = await scanned(buildDatabase([{ name: utf8('key'), items }, version36], 1024));
  assert.equal(totalKeys, 2);
});

test('random stores, patched until their pages lie in any order', async (t) => {
  const seed = testSeed(t);
  for (let round = 0; round < 25; round++) {
    const random = new Random(seed + round);
    const model = new MvccModel();
    const names = Array.from({ length: random.int(1, 80) }, (_, i) => `/registry/key-${i}`);
    const write = (transactions: number) => {
      for (let i = 0; i < transactions; i++) {
        const keys = new Set(Array.from({ length: random.int(1, 4) }, () => random.pick(names)));
        model.apply(
          [...keys].map((key) => ({
            key,
            value: random.chance(0.3)
              ? undefined
              : 'v'.repeat(random.chance(0.02) ? 6000 : random.int(0, 90)),
          })),
        );
      }
    };
    write(random.int(0, 400));
    const newer = random.chance(0.5) ? [version36] : [];
    let bytes = buildDatabase(
      [{ name: utf8('key'), items: model.entries() }, ...newer],
      random.pick([1024, 4096]),
    );
    for (let patch = 0; patch < random.int(0, 12); patch++) {
      const before = model.entries();
      write(random.int(1, 60));
      if (random.chance(0.3)) model.compact(model.current - BigInt(random.int(0, 20)), random.chance(0.5));
      const after = new Set(model.entries().map(({ key }) => Buffer.from(key).toString('hex')));
      const gone = before
        .filter(({ key }) => !after.has(Buffer.from(key).toString('hex')))
        .map(({ key }) => key);
      bytes = patchedBytes(bytes, [{ bucket: utf8('key'), put: model.entries().slice(-300), delete: gone }]);
    }
    try {
      const { totalKeys } = await scanned(bytes, random);
      const live = names.filter((name) => model.live(name) !== undefined).length;
      if (newer.length > 0) assert.equal(totalKeys, live);
    } catch (error) {
      throw new Error(`seed ${seed + round}: ${String(error)}`, { cause: error });
    }
  }
});

test('a root that has branches, and very many buckets', async () => {
  const buckets = Array.from({ length: 3000 }, (_, i) => ({
    name: utf8(`bucket-${String(i).padStart(5, '0')}`),
    items: Array.from({ length: i % 40 }, (_unused, row) => ({
      key: uint64BigEndian(BigInt(row)),
      value: utf8('v'),
    })),
  }));
  // Processor time: how long it takes is up to what else runs.
  const started = process.cpuUsage();
  await scanned(buildDatabase(buckets, 1024));
  const { user, system } = process.cpuUsage(started);
  assert.ok(user + system < 5_000_000, `${user + system} µs`);
});

test('a stored freelist', async () => {
  assert.equal((await scanned(freelistDatabase())).totalKeys, 79);
});

test('a file longer than its pages', async () => {
  const { bytes } = sampleDatabase();
  const longer = new Uint8Array(bytes.length + 5032).fill(0xee);
  longer.set(bytes);
  assert.equal((await scanned(longer)).hash, snapshotHash(openDatabase(memorySource(bytes))));
});
