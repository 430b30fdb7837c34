import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { combineCrc32c, crc32c, crc32cByTable } from './index.ts';

const check = new TextEncoder().encode('123456789');

test('CRC-32C of the standard check string', () => {
  assert.equal(crc32c(check), 0xe3069283);
  assert.equal(crc32cByTable(check), 0xe3069283);
});

test('an empty input keeps the CRC it continues', () => {
  assert.equal(crc32c(new Uint8Array(0), 0xe3069283), 0xe3069283);
});

test('table and native agree at every length and start', () => {
  // So many bytes bring the native code in.
  const many = new Uint8Array(1 << 17).fill(7);
  assert.equal(crc32c(many), crc32cByTable(many));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(0xffff_ffff), (bytes, initial) => {
      assert.equal(crc32c(bytes, initial), crc32cByTable(bytes, initial));
    }),
  );
});

test('CRCs of two ranges combine to the CRC of both', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.uint8Array({ maxLength: 3000 }), (a, b) => {
      const both = new Uint8Array([...a, ...b]);
      assert.equal(combineCrc32c(crc32c(a), crc32c(b), b.length), crc32c(both));
      assert.equal(crc32c(b, crc32c(a)), crc32c(both));
    }),
  );
});

test('combining works past 2^31 bytes', () => {
  // Appending n zero bytes k times equals appending n·k zero bytes once.
  const zeros = new Uint8Array(1 << 20);
  const zerosCrc = crc32c(zeros);
  let stepwise = crc32c(check);
  let crcOfAll = 0;
  for (let i = 0; i < 4096; i++) {
    stepwise = combineCrc32c(stepwise, zerosCrc, zeros.length);
    crcOfAll = combineCrc32c(crcOfAll, zerosCrc, zeros.length);
  }
  assert.equal(combineCrc32c(crc32c(check), crcOfAll, 4096 * zeros.length), stepwise);
});
