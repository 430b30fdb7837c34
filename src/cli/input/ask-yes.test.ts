import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CliIo } from '../command/index.ts';
import { askYes } from './ask-yes.ts';

/** A terminal at which this is typed, and then the input ends. */
function terminal(typed: string, signal = new AbortController().signal): { io: CliIo; shown: string[] } {
  const shown: string[] = [];
  const stdin = (function* () {
    if (typed !== '') yield new TextEncoder().encode(typed);
  })();
  const io = { stdin, stderr: { write: (text: string) => shown.push(text) }, signal } as unknown as CliIo;
  return { io, shown };
}

test('only yes is a yes', async () => {
  for (const yes of ['yes\n', ' YES \n']) assert.equal(await askYes('Sure?', terminal(yes).io), true);
  for (const no of ['no\n', 'y\n', '\n', '', 'yes', 'yesterday\n'])
    assert.equal(await askYes('Sure?', terminal(no).io), false, JSON.stringify(no));
});

test('Ctrl-C at the question is no answer, and the line ends there', async () => {
  const { io, shown } = terminal('', AbortSignal.abort());
  await assert.rejects(askYes('Sure?', io), { code: 'INTERRUPTED' });
  assert.equal(shown.join(''), 'Sure? Type yes to go on: \n');
});
