import assert from 'node:assert/strict';
import test from 'node:test';
import { int64, parseJson } from './lossless-json.ts';

test('integers that a double cannot hold keep their digits', () => {
  assert.deepEqual(
    parseJson('{"id":11656274533984155797,"n":[9007199254740991,9007199254740992,-9223372036854775808]}'),
    {
      id: 11656274533984155797n,
      n: [9007199254740991, 9007199254740992n, -9223372036854775808n],
    },
  );
  assert.deepEqual(parseJson('[1e300, 0.1, "18446744073709551615", null]'), [
    1e300,
    0.1,
    '18446744073709551615',
    null,
  ]);
});

test('a 64-bit integer in any of its spellings', () => {
  assert.deepEqual(['7', 7, 7n, undefined].map(int64), [7n, 7n, 7n, 0n]);
  assert.throws(() => int64(true), /not an integer/);
});
