import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareBytes, formatHex, memorySource, parseHex, utf8 } from '../../base/index.ts';
import { buildDatabase } from '../../../test/support/build-database.ts';
import { checkDatabase, openDatabase } from './index.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('the small database of the fact sheet (A.2) comes out byte for byte', () => {
  const empty = ['alarm', 'auth', 'authRoles', 'authUsers', 'lease', 'members', 'members_removed'];
  const rows = [
    ['00000000000000025f0000000000000000', '0a03666f6f1002180220012a03626172'],
    ['00000000000000035f0000000000000000', '0a03666f6f1002180320022a0362617a'],
    ['00000000000000045f0000000000000000', '0a0161100418042001'],
    ['00000000000000055f000000000000000074', '0a0161'],
    ['00000000000000065f0000000000000000', '0a01781006180620012a0131'],
    ['00000000000000065f0000000000000001', '0a01791006180620012a013230b424'],
  ] as const;
  const file = buildDatabase([
    ...empty.map((name) => ({ name: utf8(name), items: [] })),
    { name: utf8('cluster'), items: [{ key: utf8('clusterVersion'), value: utf8('3.5.0') }] },
    {
      name: utf8('key'),
      items: rows.map(([key, value]) => ({ key: parseHex(key), value: parseHex(value) })),
    },
    {
      name: utf8('meta'),
      items: [
        { key: utf8('consistent_index'), value: parseHex('0000000000000007') },
        { key: utf8('term'), value: parseHex('0000000000000002') },
      ],
    },
  ]);
  assert.equal(file.length, 12288);
  assert.equal(sha256(file), '5dee781c3490c716b3ac400f1df52fd0340b930632d1628358b5b5d3d967d5d3');
});

/** A map of distinct keys to values, some of them larger than a page. */
const items = fc.uniqueArray(
  fc.record({
    key: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    value: fc.oneof(
      { weight: 9, arbitrary: fc.uint8Array({ maxLength: 200 }) },
      { weight: 1, arbitrary: fc.nat(20_000).map((size) => new Uint8Array(size).fill(size)) },
    ),
  }),
  { selector: ({ key }) => formatHex(key), maxLength: 400, size: 'max' },
);

test('what is built is read back, and the checker finds nothing', () => {
  fc.assert(
    fc.property(
      items,
      fc.constantFrom(1024, 4096, 16384, 65536),
      fc.constantFrom(0.3, 0.9, 1),
      (all, pageSize, fill) => {
        const sorted = all.toSorted((a, b) => compareBytes(a.key, b.key));
        const file = buildDatabase(
          [
            { name: utf8('key'), items: sorted },
            { name: utf8('a'), items: [] },
          ],
          pageSize,
          fill,
        );
        const source = memorySource(file);
        assert.deepEqual(checkDatabase(source), []);
        const database = openDatabase(source);
        assert.equal(database.pageSize, pageSize);
        const bucket = database.bucket('key')!;
        assert.deepEqual(
          [...bucket.entries()].map(({ key, value }) => [key, value]),
          sorted.map(({ key, value }) => [key, value]),
        );
        for (const { key, value } of sorted) assert.deepEqual(bucket.get(key), value);
        assert.deepEqual(bucket.last()?.key, sorted.at(-1)?.key);
      },
    ),
    { numRuns: 60 },
  );
});

test('a cursor starts at the first key at or above the one asked for', () => {
  const all = Array.from({ length: 2000 }, (_, i) => ({
    key: utf8(`k${String(i * 2).padStart(6, '0')}`),
    value: utf8(`${i}`),
  }));
  const bucket = openDatabase(memorySource(buildDatabase([{ name: utf8('key'), items: all }], 1024))).bucket(
    'key',
  )!;
  for (const i of [0, 1, 2, 777, 1999, 3996, 3997, 3998, 3999]) {
    const first = [...bucket.entries(utf8(`k${String(i).padStart(6, '0')}`))][0];
    const expected = i > 3998 ? undefined : `k${String(i + (i % 2)).padStart(6, '0')}`;
    assert.equal(first && Buffer.from(first.key).toString(), expected);
  }
});

test('items out of order are refused', () => {
  const item = (key: string) => ({ key: utf8(key), value: new Uint8Array(0) });
  assert.throws(() => buildDatabase([{ name: utf8('key'), items: [item('b'), item('a')] }]), RangeError);
  assert.throws(() => buildDatabase([{ name: utf8('key'), items: [item('a'), item('a')] }]), RangeError);
});

test('keys longer than a page still make a tree', () => {
  const items = Array.from({ length: 40 }, (_, i) => {
    const key = new Uint8Array(i % 3 === 0 ? 30_000 : 700).fill(0x61);
    key[0] = i;
    return { key, value: utf8(`${i}`) };
  });
  const source = memorySource(buildDatabase([{ name: utf8('key'), items }], 1024));
  assert.deepEqual(checkDatabase(source), []);
  const bucket = openDatabase(source).bucket('key')!;
  assert.deepEqual(
    [...bucket.entries()].map(({ key }) => key),
    items.map(({ key }) => key),
  );
  for (const { key, value } of items) assert.deepEqual(bucket.get(key), value);
});
