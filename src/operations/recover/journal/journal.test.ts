import assert from 'node:assert/strict';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { operationContext } from '../../../base/index.ts';
import { watchSteps } from '../../../../test/faults/fs-steps.ts';
import { tempDir } from '../../../../test/support/temp-dir.ts';
import type { RecoveryPlan } from '../plan/index.ts';
import { createJournal, openJournal, readOutcome } from './journal.ts';
import { readPendingRecovery } from './pending-recovery.ts';

/** As much of a plan as a journal looks at. */
const plan = {
  id: '20261122-151500-4f2a',
  createdAtMs: 1,
  snapshot: { path: '/backup/snapshot.db' },
  revision: { target: 2n ** 60n },
  hosts: [{ host: 'cp1' }],
} as unknown as RecoveryPlan;

const ctx = operationContext();

test('who asks whether a recovery is pending changes nothing, whatever is being written', async () => {
  await using dir = await tempDir('journal');
  const path = join(dir.path, 'journal.jsonl');
  assert.equal(await readPendingRecovery(path), undefined);
  await using journal = await createJournal(path, plan, 0, ctx);
  await journal.recordStep('stage/restore', 'begun');
  await appendFile(path, '{"atMs":2,"type":"turned-ba');
  const before = await readFile(path);
  const { id, turnedBack, hosts } = (await readPendingRecovery(path))!;
  assert.deepEqual({ id, turnedBack, hosts }, { id: plan.id, turnedBack: false, hosts: ['cp1'] });
  assert.deepEqual(await readFile(path), before);
});

test('the way to a new journal is flushed before it, so that it is found after a power cut', async () => {
  await using dir = await tempDir('journal');
  const path = join(dir.path, 'var/lib/holdfast/recover/journal.jsonl');
  const flushed: string[] = [];
  {
    using _ = await watchSteps(dir.path, (step) => {
      if (step.call === 'FileHandle.sync') flushed.push(relative(dir.path, step.path));
      if (step.call === 'link') flushed.push('placed');
    });
    await (await createJournal(path, plan, 0, ctx))[Symbol.asyncDispose]();
  }
  const before = flushed.slice(0, flushed.indexOf('placed'));
  for (const directory of ['var/lib/holdfast', 'var/lib', 'var', '']) assert.ok(before.includes(directory));
  assert.equal(flushed.at(-1), 'var/lib/holdfast/recover');
});

test('a line that was cut off never was', async () => {
  await using dir = await tempDir('journal');
  const path = join(dir.path, 'journal.jsonl');
  {
    await using journal = await createJournal(path, plan, 0, ctx);
    await journal.recordStep('stage/restore', 'begun');
  }
  await appendFile(path, '{"atMs":2,"type":"step","step":"stage/restore","state":"do');
  const closed = join(dir.path, 'closed', 'one.jsonl');
  {
    await using journal = await openJournal(path, ctx);
    assert.deepEqual(journal.plan, plan);
    assert.equal(journal.stateOf('stage/restore'), 'begun');
    await journal.turnBack('asked for');
    await journal.recordStep('stage/restore', 'undone');
    await journal.close('rolled-back', closed);
  }
  assert.equal(await readPendingRecovery(path), undefined);
  assert.equal(await readOutcome(closed), 'rolled-back');
  for (const line of (await readFile(closed, 'utf8')).trimEnd().split('\n')) JSON.parse(line);
});

test('what is no journal of ours is told as damage, whatever it holds', async () => {
  await using dir = await tempDir('journal');
  const path = join(dir.path, 'journal.jsonl');
  const first = (more: string) => `{"atMs":1,"type":"plan","formatVersion":1${more}}\n`;
  const whole = first(',"hostIndex":0,"plan":{"snapshot":{},"hosts":[{}]}');
  for (const text of [
    '',
    'x\n',
    'null\n',
    '[]\n',
    first(''),
    first(',"plan":null'),
    first(',"hostIndex":0,"plan":{"hosts":[{}]}'),
    first(',"hostIndex":1,"plan":{"snapshot":{},"hosts":[{}]}'),
    first(',"hostIndex":"length","plan":{"snapshot":{},"hosts":[{}]}'),
    `${whole}null\n`,
    `${whole}{"type":"fact","value":{"$bigint":"x"}}\n`,
  ]) {
    await writeFile(path, text);
    await assert.rejects(openJournal(path, ctx), { code: 'JOURNAL_DAMAGED' }, text);
    await assert.rejects(readPendingRecovery(path), { code: 'JOURNAL_DAMAGED' }, text);
  }
  await writeFile(path, whole);
  await using journal = await openJournal(path, ctx);
  assert.equal(journal.turnedBack, undefined);
});
