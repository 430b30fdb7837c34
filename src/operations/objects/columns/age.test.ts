import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAge, formatDuration } from './age.ts';

test('durations in the units that kubectl chooses', () => {
  const second = 1000;
  const minute = 60 * second;
  const hour = 60 * minute;
  const day = 24 * hour;
  const cases: readonly (readonly [number, string])[] = [
    [-5 * second, '<invalid>'],
    [-1500, '0s'],
    [0, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [9 * minute + 59 * second, '9m59s'],
    [10 * minute + 30 * second, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [7 * hour + 59 * minute, '7h59m'],
    [47 * hour, '47h'],
    [48 * hour, '2d'],
    [7 * day + 23 * hour, '7d23h'],
    [8 * day, '8d'],
    [729 * day, '729d'],
    [730 * day, '2y'],
    [800 * day, '2y70d'],
    [3000 * day, '8y'],
  ];
  for (const [timeMs, text] of cases) assert.equal(formatDuration(timeMs), text);
});

test('an age needs both moments', () => {
  assert.equal(formatAge('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:01:00Z')), '60s');
  assert.equal(formatAge('', 0), '<unknown>');
  assert.equal(formatAge('2026-01-01T00:00:00Z', undefined), '<unknown>');
});
