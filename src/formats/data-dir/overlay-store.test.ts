import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { memoryStore } from '../../../test/support/memory-store.ts';
import { displayText, formatHex, parseHex } from '../../base/index.ts';
import { overlayStore } from './overlay-store.ts';

const key = fc.uint8Array({ minLength: 1, maxLength: 2, max: 8 }).map((bytes) => formatHex(bytes));
const value = fc.uint8Array({ maxLength: 3 }).map((bytes) => formatHex(bytes));
const rows = fc.dictionary(key, value, { maxKeys: 30 });
const change = fc.record({ key, value: fc.option(value, { nil: undefined }) });

test('an overlay is a map of the rows below with the changes made', () => {
  fc.assert(
    fc.property(rows, fc.array(change, { maxLength: 40 }), key, (base, changes, from) => {
      const entries = Object.entries(base).map(([k, v]) => ({ key: parseHex(k), value: parseHex(v) }));
      const bucket = overlayStore(memoryStore({ b: entries })).bucket('b')!;
      const model = new Map(Object.entries(base));
      for (const one of changes) {
        if (one.value === undefined) {
          bucket.delete(parseHex(one.key));
          model.delete(one.key);
        } else {
          bucket.put(parseHex(one.key), parseHex(one.value));
          model.set(one.key, one.value);
        }
        const last = bucket.last();
        const order = [...model.keys()].sort();
        assert.equal(last === undefined ? undefined : formatHex(last.key), order.at(-1));
      }
      const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
      const all = [...bucket.entries()].map((entry) => [formatHex(entry.key), formatHex(entry.value)]);
      assert.deepEqual(all, expected);
      const some = [...bucket.entries(parseHex(from))].map((entry) => formatHex(entry.key));
      assert.deepEqual(
        some,
        expected.map(([k]) => k).filter((k) => k >= from),
      );
      for (const [k, v] of model) assert.equal(formatHex(bucket.get(parseHex(k))!), v);
    }),
    { numRuns: 300 },
  );
});

test('buckets come in order, new ones among them', () => {
  const store = overlayStore(memoryStore({ b: [], d: [] }));
  store.ensureBucket('c').put(parseHex('01'), parseHex('02'));
  assert.equal(store.ensureBucket('b'), store.bucket('b'));
  assert.deepEqual(
    [...store.buckets()].map(({ name }) => displayText(name)),
    ['b', 'c', 'd'],
  );
  assert.equal(store.bucket('x'), undefined);
});
