import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatExact, parseExact } from './exact-values.ts';

test('64-bit numbers come back as they were, at any depth', () => {
  const value = {
    target: 2n ** 63n - 1n,
    below: -5n,
    list: [0n, 1, 'x', null, true, { revision: 9007199254740993n }],
  };
  assert.deepEqual(parseExact(formatExact(value)), value);
  assert.equal(formatExact({ a: 5n }), '{"a":{"$bigint":"5"}}');
});

test('what is not there is left out, as in JSON', () => {
  assert.deepEqual(parseExact(formatExact({ kept: undefined, owner: { uid: 0 } })), { owner: { uid: 0 } });
});

test('what is no JSON is refused', () => {
  assert.throws(() => parseExact('{"a":'), SyntaxError);
  assert.throws(() => parseExact('{"$bigint":"five"}'), SyntaxError);
});
