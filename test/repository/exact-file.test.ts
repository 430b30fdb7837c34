/** Exact backups: whatever bytes a file has in whatever place, the same ones come back. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { hasCode, memorySource, operationContext, utf8 } from '../../src/base/index.ts';
import { openDatabase, planPatch } from '../../src/formats/bbolt/index.ts';
import {
  type BackupRecord,
  fetchDatabase,
  generateFileKey,
  initRepository,
  type Repository,
  storeDatabase,
} from '../../src/repository/index.ts';
import { decodeLayout, surveyPages } from '../../src/repository/layout/index.ts';
import { openMemoryStorage } from '../../src/storage/index.ts';
import { buildDatabase } from '../support/build-database.ts';
import { DatabaseEditor } from '../support/database-editor.ts';
import { freelistDatabase } from '../support/freelist-damage.ts';
import { Random } from '../support/random.ts';
import { sampleDatabase } from '../support/sample-database.ts';
import { testSeed } from '../support/test-seed.ts';

const ctx = operationContext();
const { signal } = ctx;

function newRepository(): Promise<Repository> {
  return initRepository(openMemoryStorage(), { lock: { kind: 'key-file', key: generateFileKey() } }, ctx);
}

/** Stores a file exactly; what a record would say of it. */
async function store(repository: Repository, bytes: Uint8Array, parent?: BackupRecord) {
  const database = openDatabase(memorySource(bytes));
  const avoidedPacks = new Set<string>();
  const options = { avoidedPacks, expectedBytes: bytes.length, signal, exact: database, parent };
  const { rowsSha256, recipe, layout, stored } = await storeDatabase(repository, database, options);
  const hashes = { rows: rowsSha256, snapshot: 0 };
  const totals = { bytes: bytes.length };
  const record = {
    id: '20261122-101112-00000000',
    recipe,
    layout,
    hashes,
    totals,
  } as unknown as BackupRecord;
  return { record, stored };
}

async function fetchExact(repository: Repository, record: BackupRecord, sizeBytes: number) {
  const bytes = new Uint8Array(sizeBytes);
  const write = (piece: Uint8Array, offset: number) => bytes.set(piece, offset);
  const fetched = await fetchDatabase(repository, record, { exact: true, write, signal });
  assert.equal(fetched.sizeBytes, sizeBytes);
  return bytes;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function assertReturns(repository: Repository, bytes: Uint8Array, message: string) {
  const { record } = await store(repository, bytes);
  assert.equal(sha256(await fetchExact(repository, record, bytes.length)), sha256(bytes), message);
}

/** How many pages are not written from rows. */
async function otherPages(bytes: Uint8Array): Promise<number> {
  const { written } = await surveyPages(openDatabase(memorySource(bytes)), signal);
  return written.reduce((sum, each) => sum + 1 - each, 0);
}

/** A sample with some of its keys written again and others gone, so that it has pages that are no longer used. */
function patched(bytes: Uint8Array): Uint8Array {
  const database = openDatabase(memorySource(bytes));
  const rows = [...database.bucket('key')!.entries()].map(({ key, value }) => ({
    key: key.slice(),
    value: value.slice(),
  }));
  const plan = planPatch(database, [
    { bucket: utf8('key'), delete: rows.filter((_, at) => at % 40 === 0).map(({ key }) => key) },
  ]);
  const result = new Uint8Array(plan.sizeBytes);
  result.set(bytes);
  for (const { offset, bytes: page } of [...plan.pages, plan.meta]) result.set(page, offset);
  return result;
}

function withTail(bytes: Uint8Array, tail: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, tail]);
}

test('files of every kind come back', async () => {
  const repository = await newRepository();
  for (const pageSize of [1024, 4096]) {
    const { bytes } = sampleDatabase({ pageSize, changes: 1200 });
    const digest = createHash('sha256').update(bytes).digest();
    const files: Readonly<Record<string, Uint8Array>> = {
      bare: bytes,
      'with its digest': withTail(bytes, digest),
      'with room at its end': withTail(bytes, new Uint8Array(pageSize * 5)),
      'with a torn page at its end': withTail(bytes, Buffer.alloc(pageSize - 1, 'torn')),
      'with old pages': patched(bytes),
      'with old pages, twice': patched(patched(bytes)),
    };
    for (const [what, file] of Object.entries(files))
      await assertReturns(repository, file, `${what}, ${pageSize}`);
  }
  await assertReturns(repository, freelistDatabase(), 'with a freelist');
  await assertReturns(repository, buildDatabase([{ name: utf8('key'), items: [] }]), 'empty');
});

test('pages of rows, and the branches above them, cost a few bytes each', async () => {
  const { bytes, pageSize, branches, leaves } = sampleDatabase();
  // Both metas, the root.
  assert.equal(await otherPages(bytes), 3);
  assert.ok(branches.length > 1);
  const repository = await newRepository();
  const { record } = await store(repository, bytes);
  const content = await repository.getContent('layout', record.layout!);
  assert.ok(content.length < 200 + 4 * (leaves.length + branches.length), `${content.length}`);
  const { buckets, pageChunks } = decodeLayout(content, 'a layout');
  assert.deepEqual(
    buckets.map((levels) => levels.map(({ ids }) => ids.length)),
    [[], [leaves.length, branches.length, 1], [1], []],
  );
  const chunks = await Promise.all(pageChunks.map((id) => repository.getContent('pages', id)));
  assert.equal(Buffer.concat(chunks).length, 3 * pageSize);
});

test('a page with anything unexpected in it is kept as it is', async () => {
  const sample = sampleDatabase();
  const { pageSize } = sample;
  const repository = await newRepository();
  const kept = async (change: (editor: DatabaseEditor) => void, pages: number, what: string) => {
    const editor = new DatabaseEditor(sample.bytes.slice(), pageSize);
    change(editor);
    assert.equal(await otherPages(editor.bytes), 3 + pages, what);
    await assertReturns(repository, editor.bytes, what);
  };
  const end = (id: number) => (id + 1) * pageSize - 1;
  const [leaf, branch] = [sample.leaves[3]!, sample.branches.at(-1)!];
  await kept(({ bytes }) => (bytes[end(leaf)] = 1), 1, 'a byte behind the rows of a leaf');
  await kept(({ bytes }) => (bytes[end(branch)] = 1), 1, 'a byte behind the children of a branch');
  await kept(({ bytes }) => (bytes[end(sample.lease)] = 1), 1, 'a byte in the only leaf of a bucket');
});

test('a second exact backup stores what has changed', async () => {
  const repository = await newRepository();
  const { bytes } = sampleDatabase({ changes: 4000, pageSize: 4096 });
  const first = await store(repository, bytes);
  const again = await store(repository, bytes, first.record);
  assert.equal(again.stored.newBytes, 0);
  assert.equal(again.stored.uploadedBytes, 0);
  const changed = await store(repository, patched(bytes), first.record);
  assert.ok(changed.stored.uploadedBytes < first.stored.uploadedBytes, 'less than the first');
  assert.deepEqual(await fetchExact(repository, first.record, bytes.length), bytes);
});

test('whatever is flipped in a file, it comes back or is refused', async (t) => {
  const random = new Random(testSeed(t));
  const rounds = process.env['HOLDFAST_SOAK'] === '1' ? 3000 : 60;
  const sample = patched(sampleDatabase().bytes);
  let returned = 0;
  for (let round = 0; round < rounds; round++) {
    const bytes = sample.slice();
    for (let flips = random.int(1, 3); flips > 0; flips--)
      bytes[random.int(0, bytes.length - 1)]! ^= 1 << random.int(0, 7);
    try {
      await assertReturns(await newRepository(), bytes, `round ${round}`);
      returned++;
    } catch (error) {
      const isRefused = hasCode(error, 'DATABASE_CORRUPT') || hasCode(error, 'NOT_A_DATABASE');
      if (!isRefused) throw error;
    }
  }
  t.diagnostic(`${returned} of ${rounds} came back`);
  assert.ok(returned > rounds / 10);
});

test('a backup without a layout is not exact', async () => {
  const repository = await newRepository();
  const { bytes } = sampleDatabase();
  const { record } = await store(repository, bytes);
  const without = { ...record, layout: undefined } as unknown as BackupRecord;
  await assert.rejects(fetchDatabase(repository, without, { exact: true, signal }), (error) =>
    hasCode(error, 'BACKUP_NOT_EXACT'),
  );
});
