import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unifiedLines } from './unified-lines.ts';

test('hunks as diff -u writes them', () => {
  const before = 'abcdefghijklmnopqrstuvwxyz'.split('');
  const after = before.flatMap((line) => (line === 'e' ? ['E', 'EE'] : line === 'w' ? [] : [line]));
  assert.deepEqual(
    unifiedLines(before, after).join('\n'),
    '@@ -2,7 +2,8 @@\n b\n c\n d\n-e\n+E\n+EE\n f\n g\n h\n@@ -20,7 +21,6 @@\n t\n u\n v\n-w\n x\n y\n z',
  );
  assert.deepEqual(unifiedLines(before, before), []);
  assert.deepEqual(unifiedLines([], ['a']), ['@@ -0,0 +1 @@', '+a']);
});

test('the hunks of any two texts, made to the one, give the other', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 40 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      assert.deepEqual(patch(before, unifiedLines(before, after)), after);
    }),
    { numRuns: 3000 },
  );
});

test('texts that have nothing in common are shown as replaced, in bounded time', () => {
  const lines = (sign: string) => Array.from({ length: 30_000 }, (_, index) => `${sign}${index}`);
  const hunks = unifiedLines(lines('a'), lines('b'));
  assert.equal(hunks.length, 60_001);
});

function patch(before: readonly string[], hunks: readonly string[]): string[] {
  const after: string[] = [];
  let position = 0;
  for (const line of hunks) {
    const header = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@$/.exec(line);
    if (header !== null) {
      const start = header[2] === '0' ? Number(header[1]) : Number(header[1]) - 1;
      while (position < start) after.push(before[position++]!);
      assert.equal(after.length, header[4] === '0' ? Number(header[3]) : Number(header[3]) - 1);
    } else if (line.startsWith('+')) after.push(line.slice(1));
    else {
      assert.equal(line.slice(1), before[position]);
      if (line.startsWith(' ')) after.push(line.slice(1));
      position++;
    }
  }
  return [...after, ...before.slice(position)];
}
