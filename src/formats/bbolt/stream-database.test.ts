import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareBytes, formatHex, memorySource, runToEnd, utf8 } from '../../base/index.ts';
import { buildDatabase, databaseContents } from '../../../test/support/build-database.ts';
import { type BuildItem, checkDatabase, openDatabase, planDatabaseSteps, streamDatabase } from './index.ts';

function streamOf(name: string, items: readonly BuildItem[]) {
  return {
    name: utf8(name),
    sizes: () => items.map(({ key, value }) => ({ keyBytes: key.length, valueBytes: value.length })),
    items: () => items,
  };
}

/** Distinct keys in order, some values larger than a page. */
const items = fc
  .uniqueArray(
    fc.record({
      key: fc.uint8Array({ minLength: 1, maxLength: 60 }),
      value: fc.oneof(
        { weight: 9, arbitrary: fc.uint8Array({ maxLength: 200 }) },
        { weight: 1, arbitrary: fc.nat(20_000).map((size) => new Uint8Array(size).fill(size)) },
      ),
    }),
    { selector: ({ key }) => formatHex(key), maxLength: 500, size: 'max' },
  )
  .map((all) => all.toSorted((a, b) => compareBytes(a.key, b.key)));

test('a streamed database is sound, as long as planned, and holds what the bulk builder would put there', () => {
  fc.assert(
    fc.property(items, items, fc.constantFrom(1024, 4096, 16384), (first, second, pageSize) => {
      const rows = { alarm: [], key: first, meta: second.slice(0, 3), other: second };
      const buckets = Object.entries(rows).map(([name, all]) => streamOf(name, all));
      const plan = runToEnd(planDatabaseSteps(buckets, pageSize));
      const bytes = Buffer.concat([...streamDatabase(plan, buckets)].map((piece) => piece.slice()));
      assert.equal(bytes.length, plan.sizeBytes);
      assert.deepEqual(checkDatabase(memorySource(bytes)), []);
      const built = buildDatabase(
        Object.entries(rows).map(([name, all]) => ({ name: utf8(name), items: all })),
        pageSize,
      );
      const contents = (file: Uint8Array) => databaseContents(openDatabase(memorySource(file)));
      assert.deepEqual(contents(bytes), contents(built));
      assert.equal(bytes.length, built.length);
    }),
    { numRuns: 60 },
  );
});

test('items that are not those of the plan are refused', () => {
  const planned = streamOf('key', [{ key: utf8('a'), value: new Uint8Array(10) }]);
  const plan = runToEnd(planDatabaseSteps([planned], 4096));
  const others = streamOf('key', [{ key: utf8('a'), value: new Uint8Array(9000) }]);
  assert.throws(() => [...streamDatabase(plan, [others])], RangeError);
  const unordered = streamOf('key', [
    { key: utf8('b'), value: new Uint8Array(1) },
    { key: utf8('a'), value: new Uint8Array(1) },
  ]);
  assert.throws(() => [...streamDatabase(plan, [unordered])], RangeError);
});
