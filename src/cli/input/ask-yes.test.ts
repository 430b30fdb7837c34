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

test('Ctrl-C at the question is an end at once, and the line ends there', async () => {
  const stop = new AbortController();
  const { io, shown } = terminal('', stop.signal);
  // A terminal at which nothing more is typed.
  const stdin = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
  const asking = askYes('Sure?', { ...io, stdin } as unknown as CliIo);
  stop.abort();
  await assert.rejects(asking, { code: 'INTERRUPTED' });
  assert.equal(shown.join(''), 'Sure? Type yes to go on: \n');
});
