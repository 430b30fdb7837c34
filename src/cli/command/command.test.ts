import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import {
  arrangeWords,
  type CommandInput,
  defineCommand,
  type FlagSpecs,
  formatGoDuration,
  globalFlags,
  parseGoBool,
  parseGoInteger,
  parseHexId,
  parseInput,
  parsePlainInteger,
  parseWords,
} from './index.ts';

test('durations are written as Go writes them', () => {
  const known: readonly (readonly [number, string])[] = [
    [0, '0s'],
    [0.0005, '500ns'],
    [0.998814, '998.814µs'],
    [1.813191, '1.813191ms'],
    [7.9716, '7.9716ms'],
    [50, '50ms'],
    [1000, '1s'],
    [1500.5, '1.5005s'],
    [60_000, '1m0s'],
    [90_500, '1m30.5s'],
    [3_600_000, '1h0m0s'],
    [3_661_000, '1h1m1s'],
  ];
  for (const [ms, text] of known) assert.equal(formatGoDuration(ms), text, text);
});

test('Go integers and truth values are read', () => {
  const integers: readonly (readonly [string, bigint | undefined])[] = [
    ['0', 0n],
    ['-7', -7n],
    ['0x1F', 31n],
    ['0b101', 5n],
    ['0o17', 15n],
    ['017', 15n],
    ['1_000', 1000n],
    ['9223372036854775807', 9223372036854775807n],
    ['9223372036854775808', undefined],
    ['-9223372036854775808', -9223372036854775808n],
    ['08', undefined],
    ['1__0', undefined],
    ['1_', undefined],
    ['x', undefined],
    ['', undefined],
    ['1.5', undefined],
  ];
  for (const [text, value] of integers) assert.equal(parseGoInteger(text), value, text);
  assert.equal(parsePlainInteger('ff', 16), 255n);
  assert.equal(parsePlainInteger('-1', 16), -1n);
  assert.equal(parsePlainInteger('0xff', 16), undefined);
  assert.equal(parsePlainInteger('ff', 10), undefined);
  assert.equal(parseHexId('ffffffffffffffff'), 2n ** 64n - 1n);
  assert.equal(parseHexId('10000000000000000'), undefined);
  assert.equal(parseHexId('-1'), undefined);
  for (const text of ['1', 't', 'T', 'true', 'TRUE', 'True']) assert.equal(parseGoBool(text), true);
  for (const text of ['0', 'f', 'F', 'false', 'FALSE', 'False']) assert.equal(parseGoBool(text), false);
  assert.equal(parseGoBool('yes'), undefined);
});

const flags = {
  'write-out': { kind: 'string', short: 'w', summary: '' },
  prefix: { kind: 'boolean', summary: '' },
  interactive: { kind: 'boolean', short: 'i', summary: '' },
  limit: { kind: 'integer', default: 0n, summary: '' },
} as const satisfies FlagSpecs;

test('words are brought in order wherever the flags stand', () => {
  const tree = { get: {}, member: { list: {}, remove: {} }, memory: {} };
  const known: readonly (readonly [string, string, string, string | undefined])[] = [
    ['get a', 'get', 'a', undefined],
    ['-w get get a', 'get', '-w get a', undefined],
    ['--limit 5 member -wjson list x', 'member list', '--limit 5 -wjson x', undefined],
    ['memb li', 'member list', '', undefined],
    ['mem list', '', 'mem list', undefined],
    ['get get', 'get', 'get', undefined],
    ['get a --prefix=false -i=true -w=json', 'get', 'a --no-prefix --interactive -w json', undefined],
    ['get a -- --prefix --', 'get', 'a', '--prefix --'],
    ['get --limit -- a', 'get', '--limit -- a', undefined],
    ['get - -1', 'get', '- -1', undefined],
  ];
  for (const [line, words, rest, after] of known) {
    const arranged = arrangeWords(line.split(' '), tree, flags);
    assert.deepEqual(
      [arranged.words.join(' '), arranged.rest.join(' '), arranged.afterSeparator?.join(' ')],
      [words, rest, after],
      line,
    );
  }
  assert.throws(
    () => arrangeWords(['get', '--prefix=maybe'], tree, flags),
    (error) => hasCode(error, 'USAGE'),
  );
});

test('a command gets its own flags typed, the global ones apart, and knows which were given', () => {
  let seen: CommandInput<typeof flags> | undefined;
  const command = defineCommand({
    path: ['try', 'it'],
    summary: 'try',
    args: [
      { name: 'a', summary: '' },
      { name: 'b', summary: '', optional: true },
    ],
    flags: {
      ...flags,
      name: { kind: 'string', default: 'x', summary: '' },
      'write-out': { ...flags['write-out'] },
    },
    run(input) {
      seen = input;
      return Promise.resolve(undefined);
    },
  });
  const surface = {
    name: 'holdfast',
    summary: '',
    commands: [command],
    groups: [{ path: ['try'], summary: '' }],
    globalFlags: {
      ...globalFlags,
      'write-out': { kind: 'string', default: 'simple', short: 'o', summary: '' },
    },
  } as const;
  const parsed = parseWords(surface, [
    'try',
    'it',
    'one',
    '--limit=0x10',
    '--no-prefix',
    '--endpoints=a, b',
    '--',
    '-two',
  ]);
  assert.ok(parsed.kind === 'command');
  void parsed.command.run(parsed.input, {} as never);
  assert.deepEqual(seen?.args, ['one', '-two']);
  assert.equal(seen.flags.limit, 16n);
  assert.equal(seen.flags.prefix, false);
  assert.equal(seen.given('limit'), true);
  assert.equal(seen.given('interactive'), false);
  assert.deepEqual(parsed.globals.endpoints, ['a', 'b']);
  assert.deepEqual([...parsed.givenGlobals], ['endpoints']);
  assert.equal(parsed.globals['dial-timeout'], 2000);
  assert.equal(parsed.input.afterSeparator, undefined);
});

test('a command that stands alone is read by the same rules', () => {
  const command = defineCommand({
    path: ['put'],
    summary: '',
    args: [{ name: 'key', summary: '' }],
    flags,
    run: () => Promise.resolve(undefined),
  });
  const input = parseInput(command, ['--prefix=true', 'k']);
  assert.deepEqual([input.args, input.flags['prefix']], [['k'], true]);
  for (const words of [[], ['a', 'b'], ['a', '--nothing'], ['a', '--help']])
    assert.throws(
      () => parseInput(command, words),
      (error) => hasCode(error, 'USAGE'),
      words.join(' '),
    );
});
