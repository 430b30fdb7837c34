import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freelistDatabase } from '../../../test/support/freelist-damage.ts';
import { DatabaseEditor } from '../../../test/support/database-editor.ts';
import { int64, type Json, parseJson } from '../../../test/support/lossless-json.ts';
import { sampleDatabase } from '../../../test/support/sample-database.ts';
import { formatHex, memorySource, parseHex, utf8 } from '../../base/index.ts';
import { decodeFreelist } from './freelist.ts';
import { type Bucket, openDatabase } from './index.ts';

/** What bbolt itself read from a bucket of a fixture. */
interface Expected {
  readonly sequence: Json;
  readonly rows: Readonly<Record<string, string>>;
  readonly buckets: Readonly<Record<string, Expected>>;
}

const fixtures = join(import.meta.dirname, '../../../testdata/bbolt');

function openFixture(name: string) {
  const bytes = new Uint8Array(readFileSync(join(fixtures, name, 'database.db')));
  const text = readFileSync(join(fixtures, name, 'contents.json'), 'utf8');
  return { database: openDatabase(memorySource(bytes)), expected: parseJson(text) as unknown as Expected };
}

function compareBucket(bucket: Bucket, expected: Expected): number {
  assert.equal(bucket.sequence, int64(expected.sequence));
  const entries = [...bucket.entries()];
  const rows = entries.filter(({ isBucket }) => !isBucket);
  assert.deepEqual(
    Object.fromEntries(rows.map(({ key, value }) => [formatHex(key), formatHex(value)])),
    expected.rows,
  );
  for (const { key, value } of rows) {
    assert.deepEqual(bucket.get(key), value);
    assert.equal(bucket.bucket(key), undefined, 'a row is no bucket');
  }
  const names = entries.filter(({ isBucket }) => isBucket).map(({ key }) => formatHex(key));
  assert.deepEqual(names, Object.keys(expected.buckets).sort());
  assert.deepEqual(bucket.last()?.key, entries.at(-1)?.key);
  let count = 1;
  for (const name of names) {
    assert.equal(bucket.get(parseHex(name)), undefined, 'a bucket is no row');
    count += compareBucket(bucket.bucket(parseHex(name))!, expected.buckets[name]!);
  }
  return count;
}

for (const [name, bucketCount] of [
  ['nested', 11],
  ['synced-freelist', 1],
  ['compacted', 1],
] as const) {
  test(`a file of bbolt reads as bbolt reads it: ${name}`, () => {
    const { database, expected } = openFixture(name);
    const names = [...database.buckets()].map((bucket) => formatHex(bucket.name));
    assert.deepEqual(names, Object.keys(expected.buckets).sort());
    const counts = names.map((bucket) =>
      compareBucket(database.bucket(parseHex(bucket))!, expected.buckets[bucket]!),
    );
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      bucketCount,
    );
  });
}

test('nested buckets are inline, on a page, on a tree', () => {
  const { database } = openFixture('nested');
  const tree = database.bucket('tree')!;
  const children = [0, 1, 2].map((index) => tree.bucket(`row-01${index}0-child`)!);
  assert.deepEqual(
    children.map(({ rootId }) => rootId === undefined),
    [false, false, false],
  );
  const grandchild = children[0]!.bucket('grandchild')!;
  assert.deepEqual(grandchild.get(utf8('deep')), utf8('down'));
  assert.equal(grandchild.bucket('empty')!.rootId, undefined);
  assert.equal(grandchild.bucket('empty')!.last(), undefined);
  assert.equal(tree.bucket('no such bucket'), undefined);
  assert.equal(database.bucket('no such bucket'), undefined);
});

test('a stored freelist lists the pages that are in no tree', () => {
  const { database } = openFixture('synced-freelist');
  const ids = [...decodeFreelist(database.pages.readPage(database.meta.freelistId!))];
  assert.ok(ids.length > 20);
  assert.deepEqual(
    ids,
    ids.toSorted((a, b) => a - b),
  );
  assert.ok(!ids.includes(database.meta.rootId) && !ids.includes(database.meta.freelistId!));
});

test('a freelist of more than 65534 pages carries its count in its first place', () => {
  const bytes = freelistDatabase();
  const list = openDatabase(memorySource(bytes)).meta.freelistId!;
  const editor = new DatabaseEditor(bytes, 1024);
  const count = editor.u16(list, 10);
  const short = decodeFreelist(openDatabase(memorySource(bytes)).pages.readPage(list));
  for (let index = count; index > 0; index--)
    editor.u64(list, 16 + index * 8, editor.u64(list, 8 + index * 8));
  editor.u64(list, 16, BigInt(count));
  editor.header(list, { count: 0xffff });
  const long = decodeFreelist(openDatabase(memorySource(editor.bytes)).pages.readPage(list));
  assert.deepEqual(long, short);
});

test('a bucket that has lost its mark is not silently missing', () => {
  const { bytes, pageSize, root } = sampleDatabase();
  const editor = new DatabaseEditor(bytes, pageSize);
  editor.u32(root, 16 + 16, 0);
  const database = openDatabase(memorySource(editor.bytes));
  assert.throws(() => database.bucket('key'), { code: 'DATABASE_CORRUPT' });
  assert.throws(() => [...database.buckets()], { code: 'DATABASE_CORRUPT' });
  assert.equal(database.bucket('other'), undefined);
});

test('an empty leaf between others is stepped over, also at the end', () => {
  const { bytes, pageSize, leaves } = sampleDatabase();
  for (const emptied of [leaves[0]!, leaves[7]!, leaves.at(-1)!]) {
    const editor = new DatabaseEditor(bytes, pageSize).header(emptied, { count: 0 });
    const bucket = openDatabase(memorySource(editor.bytes)).bucket('key')!;
    const all = [...openDatabase(memorySource(bytes)).bucket('key')!.entries()].map(({ key }) =>
      formatHex(key),
    );
    const left = [...bucket.entries()].map(({ key }) => formatHex(key));
    assert.ok(left.length < all.length && left.length > all.length - 20);
    assert.deepEqual(
      left,
      all.filter((key) => left.includes(key)),
    );
    assert.equal(formatHex(bucket.last()!.key), left.at(-1));
    const gone = all.find((key) => !left.includes(key))!;
    const next = all.slice(all.indexOf(gone)).find((key) => left.includes(key));
    const found = [...bucket.entries(parseHex(gone))][0];
    assert.equal(found && formatHex(found.key), next);
    assert.equal(bucket.get(parseHex(gone)), undefined);
  }
});
