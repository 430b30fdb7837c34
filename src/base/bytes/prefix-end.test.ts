import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareBytes, parseHex, prefixEnd } from './index.ts';

test('the end of a prefix is the prefix with its last byte raised', () => {
  assert.deepEqual(prefixEnd(parseHex('2f6162')), parseHex('2f6163'));
  assert.deepEqual(prefixEnd(parseHex('61ff')), parseHex('62'));
  assert.deepEqual(prefixEnd(parseHex('ffff')), parseHex('00'));
  assert.deepEqual(prefixEnd(new Uint8Array()), parseHex('00'));
});

test('the prefix stays as it is, a Buffer too', () => {
  const prefix = Buffer.from('/registry/');
  assert.deepEqual(Buffer.from(prefixEnd(prefix)).toString(), '/registry0');
  assert.equal(prefix.toString(), '/registry/');
});

test('exactly the keys with the prefix lie between it and its end', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(bytes, bytes, (prefix, key) => {
      const end = prefixEnd(prefix);
      const unbounded = end.length === 1 && end[0] === 0;
      const inRange = compareBytes(key, prefix) >= 0 && (unbounded || compareBytes(key, end) < 0);
      const hasPrefix = compareBytes(key.subarray(0, prefix.length), prefix) === 0;
      assert.equal(inRange, hasPrefix);
    }),
  );
});
