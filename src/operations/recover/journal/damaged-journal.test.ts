import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext } from '../../../base/index.ts';
import { tempDir } from '../../../../test/support/temp-dir.ts';
import type { RecoveryPlan } from '../plan/index.ts';
import { createJournal, openJournal, readOutcome } from './journal.ts';
import { readPendingRecovery } from './pending-recovery.ts';

const plan = { id: 'one', createdAtMs: 1, snapshot: { path: '/x' }, hosts: [{ host: 'cp1' }] };
const ctx = operationContext();

function lineOf(entry: object): string {
  return `${JSON.stringify({ atMs: 1, ...entry })}\n`;
}

const planLine = lineOf({ type: 'plan', formatVersion: 1, plan, hostIndex: 0 });

for (const [name, text] of Object.entries({
  'an empty file': '',
  'a first line that was cut off': planLine.slice(0, -9),
  'a first line that is no plan': lineOf({ type: 'step', step: 'a', state: 'done' }),
  'a format of a later version': planLine.replace('"formatVersion":1', '"formatVersion":2'),
  'a line in the middle that is no JSON': `${planLine}garbage\n${lineOf({ type: 'turned-back', reason: 'x' })}`,
}))
  test(`a journal is not gone by: ${name}`, async () => {
    await using dir = await tempDir('journal');
    const path = join(dir.path, 'journal.jsonl');
    await writeFile(path, text);
    await assert.rejects(openJournal(path, ctx), { code: 'JOURNAL_DAMAGED' });
    await assert.rejects(readPendingRecovery(path), { code: 'JOURNAL_DAMAGED' });
  });

test('a second recovery does not write over the journal of the first', async () => {
  await using dir = await tempDir('journal');
  const path = join(dir.path, 'journal.jsonl');
  await using first = await createJournal(path, plan as unknown as RecoveryPlan, 0, ctx);
  await assert.rejects(createJournal(path, { ...first.plan, id: 'two' }, 0, ctx), { code: 'FILE_EXISTS' });
  assert.equal((await readPendingRecovery(path))?.id, 'one');
});

test('the last state of a step and the last value of a fact count', async () => {
  await using dir = await tempDir('journal');
  const path = join(dir.path, 'journal.jsonl');
  {
    await using journal = await createJournal(path, plan as unknown as RecoveryPlan, 0, ctx);
    assert.equal(journal.stateOf('a'), undefined);
    for (const state of ['begun', 'done', 'undoing'] as const) await journal.recordStep('a', state);
    await journal.recordFact('revision', 1n);
    await journal.recordFact('revision', 2n ** 62n);
  }
  await using journal = await openJournal(path, ctx);
  assert.equal(journal.stateOf('a'), 'undoing');
  assert.equal(journal.stateOf('b'), undefined);
  assert.equal(journal.fact('revision'), 2n ** 62n);
  assert.equal(journal.turnedBack, undefined);
});

test('a journal that is not there, or has no end, tells no outcome', async () => {
  await using dir = await tempDir('journal');
  assert.equal(await readOutcome(join(dir.path, 'none.jsonl')), undefined);
  const path = join(dir.path, 'open.jsonl');
  await writeFile(path, planLine);
  assert.equal(await readOutcome(path), undefined);
});
