import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode, parseHex } from '../../base/index.ts';
import * as raft from './raft-messages.ts';
import { formatWalSegmentName, parseWalSegmentName, walSegmentNames } from './segment-name.ts';

const record: typeof fc.record = (model) => fc.record(model, { noNullPrototype: true });
const uint64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const ids = fc.array(uint64, { maxLength: 5 });
const confState = record({
  voters: ids,
  learners: ids,
  votersOutgoing: ids,
  learnersNext: ids,
  autoLeave: fc.boolean(),
});
const bytes = fc.uint8Array({ maxLength: 60 }).map((data) => new Uint8Array(data));
const type = fc.integer({ min: 0, max: 3 });

function roundTrip<T>(
  values: fc.Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => T,
) {
  fc.assert(fc.property(values, (value) => assert.deepEqual(decode(encode(value)), value)));
}

test('every message comes back as it was', () => {
  roundTrip(record({ type, term: uint64, index: uint64, data: bytes }), raft.encodeEntry, raft.decodeEntry);
  roundTrip(
    record({ term: uint64, vote: uint64, commit: uint64 }),
    raft.encodeHardState,
    raft.decodeHardState,
  );
  const snapshot = record({
    confState: fc.option(confState, { nil: undefined }),
    index: uint64,
    term: uint64,
  });
  for (const options of [{}, { omitZeros: true }]) {
    roundTrip(confState, (value) => raft.encodeConfState(value, options), raft.decodeConfState);
    roundTrip(snapshot, (value) => raft.encodeWalSnapshot(value, options), raft.decodeWalSnapshot);
    roundTrip(snapshot, (value) => raft.encodeSnapshotMetadata(value, options), raft.decodeSnapshotMetadata);
    roundTrip(
      record({ id: uint64, type, nodeId: uint64, context: bytes }),
      (value) => raft.encodeConfChange(value, options),
      raft.decodeConfChange,
    );
  }
  const changes = fc.array(record({ type, nodeId: uint64 }), { maxLength: 4 });
  roundTrip(
    record({ transition: type, changes, context: bytes }),
    raft.encodeConfChangeV2,
    raft.decodeConfChangeV2,
  );
  roundTrip(record({ nodeId: uint64, clusterId: uint64 }), raft.encodeWalMetadata, raft.decodeWalMetadata);
});

test('voters are read packed too, unknown fields are passed over', () => {
  assert.deepEqual(raft.decodeConfState(parseHex('0a03018001')).voters, [1n, 128n]);
  assert.deepEqual(raft.decodeHardState(parseHex('080118055a021234')), { term: 1n, vote: 0n, commit: 5n });
});

test('a field of the wrong wire type is an error', () => {
  for (const decode of [
    raft.decodeEntry,
    raft.decodeHardState,
    raft.decodeConfChange,
    raft.decodeWalMetadata,
  ]) {
    assert.throws(
      () => decode(parseHex('0a0101')),
      (error: unknown) => hasCode(error, 'RECORD_INVALID'),
    );
  }
});

test('segment names', () => {
  assert.equal(formatWalSegmentName(1n, 0x2711n), '0000000000000001-0000000000002711.wal');
  fc.assert(
    fc.property(uint64, uint64, (sequence, firstIndex) => {
      const name = formatWalSegmentName(sequence, firstIndex);
      assert.deepEqual(parseWalSegmentName(name), { name, sequence, firstIndex });
    }),
  );
  const names = ['0.tmp', formatWalSegmentName(10n, 5n), formatWalSegmentName(9n, 1n), 'x.wal', 'lost+found'];
  assert.deepEqual(
    walSegmentNames(names).map(({ sequence }) => sequence),
    [9n, 10n],
  );
  assert.equal(parseWalSegmentName(`${formatWalSegmentName(0n, 0n)}.broken`), undefined);
});
