import assert from 'node:assert/strict';
import { mkdirSync, renameSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { watchSteps } from '../../../../test/faults/fs-steps.ts';
import { tempDir } from '../../../../test/support/temp-dir.ts';
import { operationContext } from '../../../base/index.ts';
import { openLocalHost } from '../../../hosts/index.ts';
import { createJournal } from '../journal/index.ts';
import type { RecoveryPlan } from '../plan/index.ts';
import { openLocalRecoveryHost } from './local-recovery-host.ts';

const plan = {
  id: 'r1',
  snapshot: { path: '/snapshot.db', sha256: 'ab' },
  hosts: [{ host: 'cp1', swaps: [], manifests: [] }],
} as unknown as RecoveryPlan;

test('a journal with anything left to undo, or to do, is not closed', async () => {
  await using dir = await tempDir('local-host');
  const path = join(dir.path, 'var/lib/holdfast/recover/journal.jsonl');
  const ctx = operationContext();
  await mkdir(join(dir.path, 'run'));
  {
    await using journal = await createJournal(path, plan, 0, ctx);
    await journal.recordStep('stage/restore', 'done');
    await journal.recordStep('swap/check-revision', 'begun');
  }
  await using host = openLocalRecoveryHost({ machine: openLocalHost({ root: dir.path }), host: 'cp1' }, ctx);
  assert.notEqual(await host.resume(), undefined);
  for (const outcome of ['rolled-back', 'committed'] as const)
    await assert.rejects(host.finish(outcome), { code: 'DEFECT' });
  await stat(path);
});

test('a recovery that another process ends while this one takes the lock is none that is pending', async () => {
  await using dir = await tempDir('local-host');
  const path = join(dir.path, 'var/lib/holdfast/recover/journal.jsonl');
  const ctx = operationContext();
  await mkdir(join(dir.path, 'run'));
  await (await createJournal(path, plan, 0, ctx))[Symbol.asyncDispose]();
  await using host = openLocalRecoveryHost({ machine: openLocalHost({ root: dir.path }), host: 'cp1' }, ctx);
  {
    using _ = await watchSteps(join(dir.path, 'run'), ({ call }) => {
      if (call !== 'link') return;
      mkdirSync(join(dirname(path), 'closed'));
      renameSync(path, join(dirname(path), 'closed/r1.jsonl'));
    });
    assert.equal(await host.resume(), undefined);
  }
  // The lock is free for what may begin now.
  await host.begin(plan, 0);
});
