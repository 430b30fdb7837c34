/**
 * Hostile files: whatever a database file holds, every way into it ends soon, in bounded memory, with the right answer
 * or with one of our errors.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runInThisContext } from 'node:vm';
import {
  equalBytes,
  type Finding,
  isHoldfastError,
  memorySource,
  openFileSource,
  operationContext,
  utf8,
} from '../../src/base/index.ts';
import {
  type Bucket,
  checkDatabase,
  type Database,
  openDatabase,
  type PatchPlan,
  planPatch,
} from '../../src/formats/bbolt/index.ts';
import { snapshotHash } from '../../src/formats/mvcc/index.ts';
import { scanDatabase } from '../../src/operations/scan/index.ts';
import { snapshotStatus } from '../../src/operations/status/index.ts';
import { buildDatabase } from '../support/build-database.ts';
import { DatabaseEditor } from '../support/database-editor.ts';
import { freelistDatabase } from '../support/freelist-damage.ts';
import { tinyRows } from '../support/memory-store.ts';
import { mutateDatabase } from '../support/mutate-database.ts';
import { crowdedBuckets, deepChain, deepInline, greedyLeaves, lattice } from '../support/odd-databases.ts';
import { Random } from '../support/random.ts';
import { sampleDatabase } from '../support/sample-database.ts';
import { testSeed } from '../support/test-seed.ts';

/** Of processor time: how long an input takes by the clock depends on what else the machine does. */
const inputLimitMs = 2000;
/** What has not ended by then never will. */
const endlessMs = 120_000;
/** Above what the process holds before the first input. */
const memoryLimitBytes = 400 << 20;
const isSoak = process.env['HOLDFAST_SOAK'] === '1';
const mutationCount = isSoak ? 60_000 : 10_000;
/** Of the bytes inside pages one in so many is flipped, from a random one on; all of them in the soak. */
const insideStride = isSoak ? 1 : 9;

interface Specimen {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly pageSize: number;
  /** Its root buckets hold rows only, so that the status hash covers everything. */
  readonly isFlat: boolean;
}

const fixture = (name: string) =>
  new Uint8Array(readFileSync(join(import.meta.dirname, '../../testdata/bbolt', name, 'database.db')));

const tiny = buildDatabase(Object.entries(tinyRows).map(([name, items]) => ({ name: utf8(name), items })));

const specimens: readonly Specimen[] = [
  { name: 'three levels, 3.6', bytes: sampleDatabase().bytes, pageSize: 1024, isFlat: true },
  {
    name: 'two levels, 3.5',
    bytes: sampleDatabase({ changes: 120, storageVersion: false }).bytes,
    pageSize: 1024,
    isFlat: true,
  },
  { name: 'all inline', bytes: tiny, pageSize: 4096, isFlat: true },
  { name: 'stored freelist', bytes: freelistDatabase(), pageSize: 1024, isFlat: true },
  { name: 'nested buckets', bytes: fixture('nested'), pageSize: 1024, isFlat: false },
];

let directory = '';
let path = '';

before(async () => {
  // Files in memory: ten thousand of them are written.
  const base = await access('/dev/shm').then(
    () => '/dev/shm',
    () => tmpdir(),
  );
  directory = await mkdtemp(join(base, 'holdfast-hostile-'));
  path = join(directory, 'hostile.db');
});
after(() => rm(directory, { recursive: true, force: true }));

type Answer<T> = { readonly value: T; readonly code?: undefined } | { readonly code: string };

function answerOf<T>(run: () => T): Answer<T> {
  try {
    return { value: run() };
  } catch (error) {
    return { code: codeOf(error) };
  }
}

/**
 * Runs something synchronous, which is stopped when it does not end. A collection of garbage may fall into the work of
 * any input, so there is a second try: an input that is slow is slow twice.
 */
function withinTime<T>(run: () => T, isSecondTry = false): T {
  const scope = globalThis as { hostileRun?: () => T };
  scope.hostileRun = run;
  const before = process.cpuUsage();
  let result: T;
  try {
    result = runInThisContext('hostileRun()', { timeout: endlessMs }) as T;
  } finally {
    delete scope.hostileRun;
  }
  return tookLong(before, isSecondTry) ? withinTime(run, true) : result;
}

/** The same for what is not synchronous, which can be measured but not stopped. */
async function answerOfPromise<T>(run: () => Promise<T>, isSecondTry = false): Promise<Answer<T>> {
  const before = process.cpuUsage();
  const answer = await run().then(
    (value) => ({ value }),
    (error: unknown) => ({ code: codeOf(error) }),
  );
  return tookLong(before, isSecondTry) ? answerOfPromise(run, true) : answer;
}

/** Whether all threads together took more than they may; for the second time that is a failure. */
function tookLong(before: NodeJS.CpuUsage, isSecondTry: boolean): boolean {
  const { user, system } = process.cpuUsage(before);
  const tookMs = (user + system) / 1000;
  if (tookMs < inputLimitMs) return false;
  assert.ok(!isSecondTry, `it took ${Math.round(tookMs)} ms of processor time`);
  return true;
}

/** The code of one of the errors that a bad file may end in; anything else is a failure of the test. */
function codeOf(error: unknown): string {
  if (!isHoldfastError(error)) throw error;
  assert.match(error.code, /^(NOT_A_DATABASE|DATABASE_CORRUPT|RECORD_INVALID)$/, error.message);
  assert.ok(error.message.length < 1000 && !error.message.includes('\n'), 'one clear sentence');
  return error.code;
}

/** Digest of all rows by way of cursors, nested buckets included; more than is possible ends in `endless`. */
function rowsDigest(database: Database): string {
  const hash = createHash('sha256');
  let rowsLeft = 20_000;
  const add = (bucket: Bucket, depth: number) => {
    hash.update(`bucket ${bucket.name.length} `).update(bucket.name);
    for (const { key, value, isBucket } of bucket.entries()) {
      if (rowsLeft-- === 0) throw new EndlessRows();
      hash.update(`row ${isBucket} ${key.length} ${isBucket ? 0 : value.length} `).update(key);
      if (!isBucket) hash.update(value);
      // A damaged tree may show a key to the one who walks that it hides from the one who seeks.
      else if (depth < 5) add(bucket.bucket(key) ?? emptyBucket, depth + 1);
    }
    hash.update('end ');
  };
  try {
    for (const bucket of database.buckets()) add(bucket, 0);
  } catch (error) {
    if (error instanceof EndlessRows) return 'endless';
    throw error;
  }
  return hash.digest('hex');
}

class EndlessRows extends Error {}

const emptyBucket = openDatabase(memorySource(tiny)).bucket('alarm')!;

/** The pass in the memory of one leaf sees what the ordinary one sees, up to the same fault. */
function sameRows(bucket: Bucket): void {
  const inOneLeaf = bucket.scan()[Symbol.iterator]();
  for (const { key, value } of bucket.entries()) {
    const next = inOneLeaf.next();
    assert.ok(next.done !== true && equalBytes(next.value.key, key) && equalBytes(next.value.value, value));
  }
  assert.equal(inOneLeaf.next().done, true);
}

/** Every other way of reading: by key, from a key, the last. */
function readAround(database: Database): void {
  let bucketsLeft = 40;
  for (const bucket of database.buckets()) {
    if (bucketsLeft-- === 0) break;
    bucket.last();
    sameRows(bucket);
    for (const key of [
      new Uint8Array(0),
      new Uint8Array(17),
      utf8('key-0100'),
      new Uint8Array(20).fill(0xff),
    ]) {
      bucket.get(key);
      bucket.entries(key)[Symbol.iterator]().next();
    }
  }
  for (const name of ['key', 'meta', 'tree', 'no such bucket']) database.bucket(name)?.get(utf8('term'));
}

const edits = [
  {
    bucket: utf8('key'),
    put: [{ key: utf8('patched'), value: utf8('value') }],
    delete: [new Uint8Array(17)],
  },
  { bucket: utf8('members'), clear: true, put: [{ key: utf8('m'), value: new Uint8Array(700) }] },
];

function patched(bytes: Uint8Array, plan: PatchPlan): Uint8Array {
  assert.ok(plan.sizeBytes <= bytes.length + 100_000, 'a patch of a few rows adds a few pages');
  const result = new Uint8Array(Math.max(bytes.length, plan.sizeBytes));
  result.set(bytes);
  for (const { bytes: page, offset } of [...plan.pages, plan.meta]) result.set(page, offset);
  return result;
}

const isSound = (findings: readonly Finding[]) => findings.every(({ severity }) => severity !== 'fail');

interface Outcome {
  readonly findings: readonly Finding[];
  /** Digest of the rows, when the check found nothing that is fatal. */
  readonly rows: string | undefined;
  readonly hash: number | undefined;
}

/** Sends one file through everything that reads or patches, and holds the answers against each other. */
async function exercise(bytes: Uint8Array, isFlat: boolean): Promise<Outcome> {
  const source = memorySource(bytes, 'hostile.db');
  const { findings, rows, around, plan } = withinTime(() => ({
    findings: checkDatabase(source),
    rows: answerOf(() => rowsDigest(openDatabase(source))),
    around: answerOf(() => readAround(openDatabase(source))),
    plan: answerOf(() => planPatch(openDatabase(source), edits)),
  }));
  const sound = isSound(findings);
  if (sound) {
    for (const { code } of [rows, around, plan]) assert.equal(code, undefined, 'a sound file can be read');
  }
  if (sound && plan.code === undefined) {
    const after = patched(bytes, plan.value);
    assert.ok(isSound(checkDatabase(memorySource(after))), 'a sound file stays sound when it is patched');
    assert.deepEqual(openDatabase(memorySource(after)).bucket('key')!.get(utf8('patched')), utf8('value'));
  }
  const hash = await exerciseFile(bytes, { sound, isFlat });
  return { findings, rows: sound && rows.code === undefined ? rows.value : undefined, hash };
}

/** The ways that take a file: the scan has to come to the verdict of the check. */
async function exerciseFile(
  bytes: Uint8Array,
  { sound, isFlat }: { readonly sound: boolean; readonly isFlat: boolean },
): Promise<number | undefined> {
  writeFileSync(path, bytes);
  const ctx = operationContext();
  const status = await answerOfPromise(() => snapshotStatus({ path }, ctx));
  using file = openFileSource(path);
  const scanned = await answerOfPromise(() => scanDatabase(file, ctx, { threads: 1 }));
  if (!sound) {
    assert.match(status.code ?? 'no error', /^(NOT_A_DATABASE|DATABASE_CORRUPT)$/);
    assert.ok(scanned.code === undefined && scanned.value.scan === undefined, 'the scan saw the damage');
    return undefined;
  }
  if (status.code !== undefined) assert.equal(status.code, 'RECORD_INVALID');
  if (scanned.code !== undefined) {
    assert.equal(scanned.code, 'RECORD_INVALID');
    return undefined;
  }
  const hash = scanned.value.scan?.hash;
  assert.notEqual(hash, undefined, 'the scan sees no damage where the check sees none');
  if (status.code === undefined) assert.equal(status.value.hash, hash);
  if (isFlat) assert.equal(hash, snapshotHash(openDatabase(file)));
  return hash;
}

interface StructureOffsets {
  /** Meta pages, headers of pages in use. */
  readonly headers: readonly number[];
  /** Elements of pages in use, headers and inline pages of buckets, ids on the freelist. */
  readonly inside: readonly number[];
}

/** The bytes of a file that say where things are. */
function structureOffsets({ bytes, pageSize }: Specimen): StructureOffsets {
  const database = openDatabase(memorySource(bytes));
  const headers: number[] = [];
  const inside: number[] = [];
  const addRange = (offsets: number[], start: number, size: number) => {
    for (let at = start; at < start + size; at++) offsets.push(at);
  };
  const addPage = (id: number) => {
    const page = database.pages.readPage(id);
    const isTree = page.flags === 1 || page.flags === 2;
    addRange(headers, id * pageSize, 16);
    addRange(inside, id * pageSize + 16, page.count * (isTree ? 16 : 8));
    for (let index = 0; isTree && index < page.count; index++) {
      const at = 16 + index * 16;
      const word = (offset: number) => page.view.getUint32(at + offset, true);
      if (page.flags === 1) addPage(word(8));
      else if (word(0) === 1) addBucket(id * pageSize + at + word(4) + word(8));
    }
  };
  const addBucket = (at: number) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at);
    addRange(inside, at, 8);
    if (view.getUint32(0, true) !== 0) addPage(view.getUint32(0, true));
    else addRange(inside, at + 16, 16 + view.getUint16(16 + 10, true) * 16);
  };
  for (const page of [0, 1]) addRange(headers, page * pageSize, 80);
  addPage(database.meta.rootId);
  if (database.meta.freelistId !== undefined) addPage(database.meta.freelistId);
  return { headers, inside };
}

/** What the meta page that is not in use leads to: in a file that bbolt wrote, the transaction before the last. */
function olderRows({ bytes, pageSize }: Specimen): string {
  const { meta, metaPages } = openDatabase(memorySource(bytes));
  const editor = new DatabaseEditor(bytes, pageSize);
  editor.u64(metaPages.indexOf(meta), 72, 0n);
  return rowsDigest(openDatabase(memorySource(editor.bytes)));
}

for (const specimen of specimens) {
  test(`bytes that say where things are, flipped one by one: ${specimen.name}`, async (t) => {
    const original = await exercise(specimen.bytes, specimen.isFlat);
    assert.deepEqual(original.findings, []);
    const older = olderRows(specimen);
    const { headers, inside } = structureOffsets(specimen);
    const start = testSeed(t) % insideStride;
    const offsets = [...headers, ...inside.filter((_, index) => index % insideStride === start)];
    let found = 0;
    for (const offset of offsets) {
      // Alternating, so that high and low bits are tried all over the file.
      const flip = [0xff, 0x01, 0x80, 0x04][offset % 4]!;
      const bytes = specimen.bytes.slice();
      bytes[offset]! ^= flip;
      try {
        const outcome = await exercise(bytes, specimen.isFlat);
        if (outcome.findings.length > 0) found++;
        // What is not found has no effect, or has one that the hash shows.
        else if (specimen.isFlat)
          assert.equal(outcome.rows === original.rows, outcome.hash === original.hash);
        if (outcome.rows !== undefined && outcome.findings.length > 0)
          assert.ok(outcome.rows === original.rows || outcome.rows === older);
      } catch (error) {
        throw new Error(`byte ${offset} flipped by ${flip}: ${String(error)}`, { cause: error });
      }
    }
    t.diagnostic(`${offsets.length} bytes, ${found} of them found by the check`);
    assert.ok(found / offsets.length > 0.9);
  });
}

test('files made to take for ever, or all memory, are refused soon', async (t) => {
  const crafted: Record<string, Uint8Array> = {
    'a lattice of branches': lattice(),
    'a lattice in a file that claims to be huge': lattice(1n << 50n),
    'leaves that all claim the rest of the file': greedyLeaves(8000),
    'a chain of branches': deepChain(),
    'inline buckets in inline buckets': deepInline(2000),
    'buckets that share one leaf': crowdedBuckets(6000, 2),
    'buckets that begin at the root': crowdedBuckets(6000, 3),
  };
  const memoryBefore = process.memoryUsage.rss();
  for (const [name, bytes] of Object.entries(crafted)) {
    const started = process.cpuUsage();
    const { findings } = await exercise(bytes, false);
    const { user, system } = process.cpuUsage(started);
    t.diagnostic(`${name}: ${findings[0]?.code ?? 'sound'}, ${Math.round((user + system) / 1000)} ms`);
    assert.ok(!isSound(findings), name);
  }
  assert.ok(process.memoryUsage.rss() - memoryBefore < memoryLimitBytes);
});

test(`${mutationCount} random damages end in a right answer or a typed error, soon and in little memory`, async (t) => {
  const seed = testSeed(t);
  const originals = specimens.map(({ bytes }) => rowsDigest(openDatabase(memorySource(bytes))));
  const hashes = specimens.map(({ bytes }) => snapshotHash(openDatabase(memorySource(bytes))));
  const memoryBefore = process.memoryUsage().rss;
  const tally = { damaged: 0, unchanged: 0, otherRows: 0 };
  let slowestMs = 0;
  let memoryPeak = 0;
  for (let index = 0; index < mutationCount; index++) {
    const random = new Random(seed + index);
    const which = index % specimens.length;
    const { name, bytes, pageSize, isFlat } = specimens[which]!;
    const mutation = mutateDatabase(bytes, pageSize, random);
    const started = performance.now();
    try {
      const { rows, hash } = await exercise(mutation.bytes, isFlat);
      if (rows === undefined) tally.damaged++;
      else if (rows === originals[which]) tally.unchanged++;
      else tally.otherRows++;
      if (isFlat && hash !== undefined) assert.equal(hash === hashes[which], rows === originals[which]);
    } catch (error) {
      const what = `seed ${seed + index}, ${name}: ${mutation.steps.join('; ')}`;
      throw new Error(`${what}: ${String(error)}`, { cause: error });
    }
    slowestMs = Math.max(slowestMs, performance.now() - started);
    memoryPeak = Math.max(memoryPeak, process.memoryUsage.rss());
  }
  const grownBytes = memoryPeak - memoryBefore;
  t.diagnostic(
    `${JSON.stringify(tally)}, slowest ${Math.round(slowestMs)} ms, ${grownBytes >> 20} MB more memory`,
  );
  assert.ok(tally.damaged > mutationCount / 4 && tally.unchanged > 0 && tally.otherRows > 0);
  assert.ok(grownBytes < memoryLimitBytes, `${grownBytes} bytes more`);
});
