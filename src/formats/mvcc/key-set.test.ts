import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { displayText, hasCode, runToEnd, utf8 } from '../../base/index.ts';
import { memoryStore, tinyRows } from '../../../test/support/memory-store.ts';
import { MvccModel } from '../../../test/support/mvcc-model.ts';
import { collectKeysSteps } from './key-set.ts';
import { encodeRevision } from './revision.ts';

const change = fc.record({
  key: fc.constantFrom('a', 'ab', 'b', 'c'),
  value: fc.oneof({ weight: 2, arbitrary: fc.constantFrom('1', '2') }, fc.constant(undefined)),
});
const history = fc.array(fc.uniqueArray(change, { selector: ({ key }) => key, minLength: 1, maxLength: 3 }), {
  maxLength: 40,
});

test('keys and those that exist equal a replay, and every row is shown with its key', () => {
  fc.assert(
    fc.property(history, (transactions) => {
      const model = new MvccModel();
      for (const changes of transactions) model.apply(changes);
      const shown: string[] = [];
      const idsOf = new Map<string, number>();
      const keys = runToEnd(
        collectKeysSteps(memoryStore(model.store()), (id, record, { keyStart, keyEnd }) => {
          const key = displayText(record.subarray(keyStart, keyEnd));
          shown.push(key);
          assert.equal(idsOf.get(key) ?? id, id);
          idsOf.set(key, id);
        }),
      );
      assert.deepEqual(
        shown,
        model.rows.map(({ key }) => key),
      );
      assert.equal(keys.size, idsOf.size);
      for (const [key, id] of idsOf) {
        assert.equal(displayText(keys.key(id)), key);
        assert.equal(keys.isAlive(id), model.live(key) !== undefined, key);
      }
      const alive = [...idsOf.keys()].filter((key) => model.live(key) !== undefined);
      assert.equal(keys.countLiveKeys(), alive.length);
    }),
    { numRuns: 300 },
  );
});

test('the row of a raised revision is no key that counts', () => {
  const mark = encodeRevision({ main: 1006n, sub: 0n, tombstone: false });
  const rows = [...tinyRows['key']!, { key: mark, value: new Uint8Array(0) }];
  const keys = runToEnd(collectKeysSteps(memoryStore({ ...tinyRows, key: rows })));
  const before = runToEnd(collectKeysSteps(memoryStore(tinyRows)));
  assert.equal(keys.size, before.size + 1);
  assert.equal(keys.countLiveKeys(), before.countLiveKeys());
});

test('a row that does not decode is refused', () => {
  const broken = { key: tinyRows['key']![0]!.key, value: utf8('no record') };
  assert.throws(
    () => runToEnd(collectKeysSteps(memoryStore({ ...tinyRows, key: [broken] }))),
    (error) => hasCode(error, 'RECORD_INVALID'),
  );
  assert.equal(runToEnd(collectKeysSteps(memoryStore({}))).size, 0);
});
