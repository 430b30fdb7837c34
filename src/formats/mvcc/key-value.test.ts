import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatHex, isHoldfastError, parseHex, utf8 } from '../../base/index.ts';
import { decodeKeyValue, encodeKeyValue, encodeTombstone, type KeyValue } from './key-value.ts';
import { RecordScanner } from './record-scanner.ts';

const int64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const record: fc.Arbitrary<KeyValue> = fc.record(
  {
    key: bytes(40),
    createRevision: fc.oneof(int64, fc.constant(0n), fc.bigInt(1n, 300n)),
    modRevision: fc.oneof(int64, fc.constant(0n), fc.bigInt(1n, 300n)),
    version: fc.oneof(int64, fc.constant(0n)),
    value: bytes(200),
    lease: fc.oneof(int64, fc.constant(0n)),
  },
  { noNullPrototype: true },
);

const halves = (high: number, low: number) => BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));

/** What the scanner sees, in the shape of a decoded record; undefined when it refuses. */
function scanned(input: Uint8Array): KeyValue | undefined {
  const scanner = new RecordScanner();
  if (scanner.scan(input) !== undefined) return undefined;
  return {
    key: input.slice(scanner.keyStart, scanner.keyEnd),
    createRevision: halves(scanner.createHigh, scanner.createLow),
    modRevision: halves(scanner.modHigh, scanner.modLow),
    version: halves(scanner.versionHigh, scanner.versionLow),
    value: input.slice(scanner.valueStart, scanner.valueEnd),
    lease: scanner.lease,
  };
}

function decoded(input: Uint8Array): KeyValue | undefined {
  try {
    const { key, value, ...rest } = decodeKeyValue(input);
    return { key: key.slice(), value: value.slice(), ...rest };
  } catch (error) {
    if (isHoldfastError(error) && error.code === 'RECORD_INVALID') return undefined;
    throw error;
  }
}

test('records have the bytes that etcd writes', () => {
  const put = {
    key: utf8('y'),
    createRevision: 6n,
    modRevision: 6n,
    version: 1n,
    value: utf8('2'),
    lease: 0x1234n,
  };
  assert.equal(formatHex(encodeKeyValue(put)), '0a01791006180620012a013230b424');
  const empty = { ...put, key: utf8('a'), createRevision: 4n, modRevision: 4n, value: utf8(''), lease: 0n };
  assert.equal(formatHex(encodeKeyValue(empty)), '0a0161100418042001');
  assert.equal(formatHex(encodeTombstone(utf8('a'))), '0a0161');
  assert.equal(decodeKeyValue(new Uint8Array(0)).key.length, 0);
});

test('records round-trip', () => {
  fc.assert(fc.property(record, (value) => assert.deepEqual(decoded(encodeKeyValue(value)), value)));
});

test('the scanner sees what the decoder sees, in good records and in any bytes', () => {
  const mutated = fc.tuple(record, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([value, at, byte]) => {
    const encoded = encodeKeyValue(value);
    if (encoded.length > 0) encoded[at % encoded.length] = byte;
    return encoded;
  });
  const cut = fc.tuple(record, fc.nat()).map(([value, at]) => {
    const encoded = encodeKeyValue(value);
    return encoded.subarray(0, at % (encoded.length + 1));
  });
  fc.assert(
    fc.property(fc.oneof(mutated, cut, bytes(60)), (input) =>
      assert.deepEqual(scanned(input), decoded(input), formatHex(input)),
    ),
    { numRuns: 3000 },
  );
});

test('unknown fields are skipped, wrong wire types and overlong varints are not', () => {
  const unknown = parseHex(`0a0161380141${'00'.repeat(8)}4a010155${'00'.repeat(4)}`);
  assert.deepEqual(scanned(unknown), decoded(unknown));
  assert.equal(formatHex(decodeKeyValue(unknown).key), '61');
  for (const hex of ['0801', '1201', '0a05', '10ffffffffffffffffff7f', '0b', '00', '10']) {
    assert.equal(scanned(parseHex(hex)), undefined, hex);
    assert.equal(decoded(parseHex(hex)), undefined, hex);
  }
});

test('a scanner forgets the record before', () => {
  const scanner = new RecordScanner();
  assert.equal(scanner.scan(parseHex('0a01791006180620012a013230b424')), undefined);
  assert.equal(scanner.hasLease, true);
  assert.equal(scanner.scan(parseHex('0a0161')), undefined);
  assert.deepEqual(
    [scanner.createLow, scanner.modLow, scanner.versionLow, scanner.hasLease, scanner.valueEnd],
    [0, 0, 0, false, 0],
  );
});
