import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGoDuration } from './go-duration.ts';

test('Go durations are read', () => {
  const known: readonly (readonly [string, number | undefined])[] = [
    ['5s', 5000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['300ms', 300],
    ['1h0.5m', 3_630_000],
    ['.5s', 500],
    ['2us', 0.002],
    ['2µs', 0.002],
    ['1ns', 1e-6],
    ['0', 0],
    ['+5s', 5000],
    ['-5s', -5000],
    ['5', undefined],
    ['', undefined],
    ['s', undefined],
    ['5 s', undefined],
    ['5s5', undefined],
    ['1e3s', undefined],
  ];
  for (const [text, value] of known) assert.equal(parseGoDuration(text), value, text);
});
