import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatKubernetesJson } from './format-json.ts';
import { formatDuration, formatMicroTime, formatTime } from './well-known.ts';

test('times are those of the calendar, at whole seconds', () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), (seconds) => {
      assert.equal(formatTime(seconds), `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`);
    }),
  );
  assert.equal(formatTime(253_402_300_800), undefined);
  assert.equal(formatTime(-62_135_596_801), undefined);
  assert.equal(formatTime(1n << 62n), undefined);
});

test('micro times have six digits, rounded down', () => {
  assert.equal(formatMicroTime(0, 999_999_999), '1970-01-01T00:00:00.999999Z');
  assert.equal(formatMicroTime(-1, 1_500), '1969-12-31T23:59:59.000001Z');
  assert.equal(formatMicroTime(0, 1_000_000_001), '1970-01-01T00:00:01.000000Z');
  assert.equal(formatMicroTime(1n << 62n, 0), undefined);
});

test('durations are printed as Go does', () => {
  const cases: readonly (readonly [number | bigint, string])[] = [
    [0, '0s'],
    [1, '1ns'],
    [1_100, '1.1µs'],
    [2_200_000, '2.2ms'],
    [3_300_000_000, '3.3s'],
    [245_000_000_000, '4m5s'],
    [245_001_000_000, '4m5.001s'],
    [18_367_001_000_000, '5h6m7.001s'],
    [3_600_000_000_000, '1h0m0s'],
    [-1_500_000_000, '-1.5s'],
    [(1n << 63n) - 1n, '2562047h47m16.854775807s'],
    [-(1n << 63n), '-2562047h47m16.854775808s'],
  ];
  for (const [value, text] of cases) assert.equal(formatDuration(value), text);
});

test('JSON is printed in byte order of the names, with escapes as Go writes them', () => {
  const value = { b: [1n << 60n, 1.5, -0], ａ: {}, '😀': [], a: '<&>\u2028', '10': null, '9': true };
  assert.equal(
    formatKubernetesJson(value),
    '{"10":null,"9":true,"a":"\\u003c\\u0026\\u003e\\u2028","b":[1152921504606846976,1.5,-0],"ａ":{},"😀":[]}',
  );
  assert.equal(
    formatKubernetesJson({ a: [1], b: { c: {} } }, '  '),
    '{\n  "a": [\n    1\n  ],\n  "b": {\n    "c": {}\n  }\n}',
  );
});
