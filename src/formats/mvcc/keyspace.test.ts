import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { displayText, formatHex, hasCode, utf8 } from '../../base/index.ts';
import { hexRow, memoryStore, tinyRows } from '../../../test/support/memory-store.ts';
import { type Change, MvccModel } from '../../../test/support/mvcc-model.ts';
import { buildKeyspace } from './build-keyspace.ts';
import { decodeKeyValue } from './key-value.ts';

test('the tiny store', () => {
  const keyspace = buildKeyspace(memoryStore(tinyRows));
  assert.deepEqual([keyspace.currentRevision, keyspace.compactRevision], [6n, -1n]);
  assert.deepEqual([keyspace.keyCount, keyspace.rowCount], [4, 6]);
  const names = (main: bigint) =>
    [...keyspace.liveKeys(main)].map(({ rank }) => displayText(keyspace.key(rank)));
  assert.deepEqual(names(6n), ['foo', 'x', 'y']);
  assert.deepEqual(names(4n), ['a', 'foo']);
  assert.deepEqual(names(1n), []);
  const a = keyspace.find(utf8('a'))!;
  assert.deepEqual([...keyspace.history(a)], [2, 3]);
  assert.deepEqual(keyspace.generations(a), [{ rows: [2, 3], deleted: true }]);
  assert.equal(formatHex(keyspace.rowKey(3)), '00000000000000055f000000000000000074');
  assert.equal(formatHex(keyspace.rowKey(5)), '00000000000000065f0000000000000001');
  assert.equal(keyspace.find(utf8('nothing')), undefined);
  assert.equal(keyspace.countLiveKeys(6n, { from: utf8('x'), to: utf8('y') }), 1);
});

test('an empty store, and one whose trailing rows were compacted away', () => {
  const empty = buildKeyspace(memoryStore({}));
  assert.deepEqual([empty.currentRevision, empty.keyCount, [...empty.liveKeys(1n)]], [1n, 0, []]);
  const model = new MvccModel();
  model.apply([{ key: 'a', value: '1' }]);
  model.apply([{ key: 'a', value: undefined }]);
  model.compact(3n, false);
  const keyspace = buildKeyspace(memoryStore(model.store()));
  assert.deepEqual([keyspace.rowCount, keyspace.currentRevision, keyspace.compactRevision], [0, 3n, 3n]);
  assert.throws(
    () => keyspace.resolveRevision(2n),
    (error) => hasCode(error, 'REVISION_COMPACTED'),
  );
  assert.equal(keyspace.resolveRevision(0n), 3n);
});

test('rows that do not decode are refused', () => {
  for (const row of [
    hexRow('00000000000000075f00000000800000' + '00', '0a0161'),
    hexRow('00000000000000075f00000001000000' + '00', '0a0161'),
    hexRow('00000000000000075f0000000000000000', '0a'),
    hexRow('00', '0a0161'),
  ]) {
    assert.throws(
      () => buildKeyspace(memoryStore({ key: [row] })),
      (error) => hasCode(error, 'RECORD_INVALID'),
    );
  }
});

const change: fc.Arbitrary<Change> = fc.record({
  key: fc.string({ unit: fc.constantFrom('a', 'b', '\u0000', 'é'), maxLength: 3 }),
  value: fc.oneof({ weight: 2, arbitrary: fc.constantFrom('1', '2') }, fc.constant(undefined)),
});
const history = fc.array(fc.uniqueArray(change, { selector: ({ key }) => key, minLength: 1, maxLength: 3 }), {
  maxLength: 40,
});

test('live keys, ranges and histories equal a replay, at every revision', () => {
  fc.assert(
    fc.property(history, (transactions) => {
      const model = new MvccModel();
      for (const changes of transactions) model.apply(changes);
      const store = memoryStore(model.store());
      const keyspace = buildKeyspace(store);
      assert.equal(keyspace.currentRevision, model.current);
      const state = new Map<string, string>();
      for (let main = 1n; main <= model.current; main++) {
        for (const row of model.rows.filter((candidate) => candidate.main === main)) {
          if (row.tombstone) state.delete(row.key);
          else state.set(row.key, row.value);
        }
        const found = new Map(
          [...keyspace.liveKeys(main)].map(({ row }) => {
            const { key, value } = decodeKeyValue(store.bucket('key')!.get(keyspace.rowKey(row))!);
            return [displayText(key), displayText(value)] as const;
          }),
        );
        assert.deepEqual(found, state);
        assert.equal(keyspace.countLiveKeys(main), state.size);
        const range = { from: utf8('a'), to: utf8('b') };
        const inside = [...state.keys()].filter((key) => key.startsWith('a'));
        assert.equal(keyspace.countLiveKeys(main, range), inside.length);
      }
      for (let rank = 0; rank < keyspace.keyCount; rank++) {
        const name = displayText(keyspace.key(rank));
        if (rank > 0) assert.ok(Buffer.compare(keyspace.key(rank - 1), keyspace.key(rank)) < 0);
        const expected = model.rows.flatMap((row, i) => (row.key === name ? [i] : []));
        assert.deepEqual([...keyspace.history(rank)], expected);
        const generations = keyspace.generations(rank);
        assert.deepEqual(
          generations.flatMap(({ rows }) => rows),
          expected,
        );
        assert.ok(generations.slice(0, -1).every(({ deleted }) => deleted));
      }
    }),
    { numRuns: 300 },
  );
});
