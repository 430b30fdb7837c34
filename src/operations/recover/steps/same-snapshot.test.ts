import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../../../test/support/temp-dir.ts';
import { operationContext } from '../../../base/index.ts';
import type { RecoveryPlan } from '../plan/index.ts';
import { requireSameSnapshot } from './same-snapshot.ts';

test('a snapshot that was replaced after the plan was made is not restored', async () => {
  await using dir = await tempDir('same-snapshot');
  const snapshotFile = join(dir.path, 'latest.db');
  const sha256 = createHash('sha256').update('checked').digest('hex');
  const plan = { snapshot: { sha256 } } as unknown as RecoveryPlan;
  const check = () => requireSameSnapshot({ plan, snapshotFile, ctx: operationContext() });
  await writeFile(snapshotFile, 'checked');
  await check();
  await writeFile(snapshotFile, 'Checked');
  await assert.rejects(check(), { code: 'DIGEST_MISMATCH', message: /latest\.db has changed since/ });
  const interrupted = operationContext({ signal: AbortSignal.abort() });
  await assert.rejects(requireSameSnapshot({ plan, snapshotFile, ctx: interrupted }), {
    code: 'INTERRUPTED',
  });
  await rm(snapshotFile);
  await assert.rejects(check(), { code: 'FILE_NOT_FOUND' });
});
