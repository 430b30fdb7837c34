import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mustRun } from '../../test/support/run-command.ts';
import { testSeed } from '../../test/support/test-seed.ts';
import { hasCode } from '../base/index.ts';
import { formatShellCommand, formatSshCommand } from './ssh-command.ts';
import { lastLine } from './ssh-failure.ts';

test('words come out of a shell as they went in', async (t) => {
  const special = [
    ' ',
    "'",
    '"',
    '\\',
    '$',
    '`',
    '!',
    '*',
    '?',
    '[',
    '{',
    '(',
    '<',
    '|',
    '&',
    ';',
    '#',
    '~',
    '=',
    '\n',
    '-',
    'é',
  ];
  const word = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...special) }));
  const words = fc.array(word.map((text) => text.replaceAll('\0', '').toWellFormed()));
  const check = async (chosen: readonly string[]) => {
    const script = `set -- ${formatShellCommand(chosen)}\nfor word; do printf '%s\\0' "$word"; done`;
    const { stdout } = await mustRun('sh', ['-c', script], { timeoutMs: 30_000 });
    assert.deepEqual(stdout.split('\0').slice(0, -1), chosen);
  };
  await check(['', "'", "''", "a'b", '\n', '-n', '$HOME', '`id`', '\\', '!', 'a\tb', '~', 'ü☃💾']);
  await fc.assert(fc.asyncProperty(words, check), { numRuns: 60, seed: testSeed(t) });
});

test('ssh is asked for no more than it needs: never for less care about host keys', () => {
  const command = formatSshCommand({ destination: 'ssh://me@cp1:22', options: ['-F', 'file'] }, ['id']);
  const end = command.indexOf('--');
  assert.deepEqual(command.slice(0, end), [
    'ssh',
    '-T',
    '-o',
    'BatchMode=yes',
    '-o',
    'ConnectTimeout=15',
    '-o',
    'ServerAliveInterval=10',
    '-F',
    'file',
  ]);
  assert.equal(command[end + 1], 'ssh://me@cp1:22');
  assert.equal(command.length, end + 3);
  const shorter = formatSshCommand({ destination: 'a', sshProgram: '/opt/ssh', connectTimeoutMs: 1 }, ['x']);
  assert.equal(shorter[0], '/opt/ssh');
  assert.ok(shorter.includes('ConnectTimeout=1'));
});

test('what ssh would take for an option, or not at all, is no host', () => {
  for (const destination of ['', '-oProxyCommand=id', 'a b', 'a\nb', 'a\0'])
    assert.throws(
      () => formatSshCommand({ destination }, ['id']),
      (error) => hasCode(error, 'USAGE'),
    );
});

test('the last line that says something, safe to print', () => {
  assert.equal(lastLine('banner\r\nssh: no\r\n\r\n \n'), 'ssh: no');
  assert.equal(lastLine('\u001b[31mred\u0007 alert'), '[31mred  alert');
  assert.equal(lastLine(''), '');
  assert.equal(lastLine('x'.repeat(9999)).length, 500);
});
