import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareBytes, formatHex, hasCode, parseHex } from '../../base/index.ts';
import {
  compareMain,
  compareRevisions,
  decodeRevision,
  encodeRevision,
  revisionBound,
  revisionKeyFault,
} from './revision.ts';

const part = fc.bigInt({ min: 0n, max: (1n << 63n) - 1n });
const revision = fc.record({ main: part, sub: part, tombstone: fc.boolean() }, { noNullPrototype: true });

test('row keys have the bytes that etcd writes', () => {
  assert.equal(
    formatHex(encodeRevision({ main: 5n, sub: 0n, tombstone: true })),
    '00000000000000055f000000000000000074',
  );
  assert.deepEqual(decodeRevision(parseHex('00000000000000065f0000000000000001')), {
    main: 6n,
    sub: 1n,
    tombstone: false,
  });
});

test('row keys round-trip, and their bytes sort as the revisions do', () => {
  fc.assert(
    fc.property(revision, revision, (a, b) => {
      assert.deepEqual(decodeRevision(encodeRevision(a)), a);
      const order = compareRevisions(a, b);
      if (order !== 0) assert.equal(Math.sign(compareBytes(encodeRevision(a), encodeRevision(b))), order);
    }),
  );
});

test('the comparison for loops agrees with the plain one', () => {
  fc.assert(
    fc.property(revision, fc.oneof(part, fc.constant(-1n)), (a, bound) => {
      const expected = a.main === bound ? 0 : a.main < bound ? -1 : 1;
      assert.equal(Math.sign(compareMain(encodeRevision(a), revisionBound(bound))), expected);
    }),
  );
});

test('bytes that are no row key are refused with the reason', () => {
  const faults = {
    '7a7a7a': /length is 3/,
    '00000000000000065f00000000000000010000': /length is 19/,
    '0000000000000006600000000000000001': /byte 8/,
    '00000000000000065f000000000000000175': /byte 17/,
    '80000000000000065f0000000000000001': /negative/,
    '00000000000000065f8000000000000001': /negative/,
  };
  for (const [hex, expected] of Object.entries(faults)) {
    assert.match(revisionKeyFault(parseHex(hex)) ?? '', expected, hex);
    assert.throws(
      () => decodeRevision(parseHex(hex)),
      (error) => hasCode(error, 'RECORD_INVALID'),
    );
  }
});
