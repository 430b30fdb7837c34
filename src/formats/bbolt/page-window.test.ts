import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildDatabase } from '../../../test/support/build-database.ts';
import { compareBytes, hasCode, memorySource, utf8 } from '../../base/index.ts';
import { openDatabase } from './index.ts';

/** Rows with values from nothing to several pages, so that leaves differ in size and have overflow. */
const rows = fc
  .uniqueArray(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 30 }), fc.nat(5000)), {
    selector: ([key]) => Buffer.from(key).toString('hex'),
    maxLength: 200,
  })
  .map((pairs) =>
    pairs
      .sort(([a], [b]) => compareBytes(a, b))
      .map(([key, size]) => ({ key, value: new Uint8Array(size).fill(key[0]!) })),
  );

test('a scan gives the entries that a walk gives, in memory that is used again', () => {
  fc.assert(
    fc.property(rows, fc.constantFrom(1024, 4096), (items, pageSize) => {
      const database = openDatabase(memorySource(buildDatabase([{ name: utf8('b'), items }], pageSize)));
      const bucket = database.bucket('b')!;
      let row = 0;
      const buffers = new Set<ArrayBufferLike>();
      for (const entry of bucket.scan()) {
        buffers.add(entry.key.buffer);
        assert.ok(
          compareBytes(entry.key, items[row]!.key) === 0 &&
            compareBytes(entry.value, items[row]!.value) === 0,
        );
        row++;
      }
      assert.equal(row, items.length);
      assert.deepEqual([...bucket.scan()].length, [...bucket.entries()].length);
      // One buffer, and a larger one each time that a leaf is longer than any before.
      assert.ok(buffers.size <= 10, `${buffers.size} buffers`);
    }),
    { numRuns: 200 },
  );
});

test('a scan sees keys out of order across leaves', () => {
  const items = Array.from({ length: 60 }, (_, i) => ({
    key: utf8(`key-${String(i).padStart(3, '0')}`),
    value: new Uint8Array(100),
  }));
  const file = buildDatabase([{ name: utf8('b'), items }], 1024);
  // The first key of a leaf in the middle, made smaller than what comes before it.
  const at = Buffer.from(file).indexOf('key-030');
  file.set(utf8('key-000'), at);
  const bucket = openDatabase(memorySource(file)).bucket('b')!;
  const walkThrough = () => {
    for (const entry of bucket.scan()) assert.ok(entry.key.length > 0);
  };
  assert.throws(walkThrough, (error) => hasCode(error, 'DATABASE_CORRUPT'));
});
