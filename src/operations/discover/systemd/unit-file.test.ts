import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandWords, parseEnvironmentFile, parseUnit, splitWords } from './unit-file.ts';

test('a unit is sections of assignments; comments, continuations and empty lines have their rules', () => {
  const text = [
    '# a comment',
    '[Service]',
    '; another',
    'ExecStart = /usr/bin/etcd \\',
    '# in between',
    '  --name=a \\',
    '  --data-dir=/d',
    '',
    'nonsense',
    'Environment=A=b',
    '[Install]',
    'WantedBy=x',
  ].join('\n');
  assert.deepEqual(
    parseUnit(text, 'u').map(({ section, key, value, line }) => [section, key, value, line]),
    [
      ['Service', 'ExecStart', '/usr/bin/etcd --name=a --data-dir=/d', 4],
      ['Service', 'Environment', 'A=b', 10],
      ['Install', 'WantedBy', 'x', 12],
    ],
  );
});

test('words are separated by blanks, held together by quotes, escaped by backslashes', () => {
  assert.deepEqual(splitWords(`a  "b c"'d "e' f\\ g "" 'h\\i' "j\\"k"`), [
    'a',
    'b cd "e',
    'f g',
    '',
    'h\\i',
    'j"k',
  ]);
  assert.deepEqual(splitWords('  '), []);
  assert.deepEqual(splitWords('"A=x y" B=z'), ['A=x y', 'B=z']);
});

test('a variable that is a word becomes words, one in braces stays what it is', () => {
  const valueOf = (name: string) => ({ ARGS: `--a=1 --b='2 3'`, DIR: '/x y' })[name];
  assert.deepEqual(expandWords(['etcd', '$ARGS', '--d=${DIR}', '$NONE', '${NONE}', 'a$$b'], valueOf), [
    'etcd',
    '--a=1',
    '--b=2 3',
    '--d=/x y',
    '',
    'a$b',
  ]);
});

test('an environment file: quotes, escapes, comments, and blanks inside of values', () => {
  const text = `# c\n; d\nA=1\nB="two words"\nC='$3'\nD=four words # not a comment\nexport E=5\nF="a\\"b"\nG=\n`;
  assert.deepEqual(
    parseEnvironmentFile(text, 'f').map(({ name, value, line }) => [name, value, line]),
    [
      ['A', '1', 3],
      ['B', 'two words', 4],
      ['C', '$3', 5],
      ['D', 'four words # not a comment', 6],
      ['E', '5', 7],
      ['F', 'a"b', 8],
      ['G', '', 9],
    ],
  );
});
