import assert from 'node:assert/strict';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext } from '../../../base/index.ts';
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
