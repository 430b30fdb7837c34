import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { fileError, HoldfastError, throwIfInterrupted } from '../../../base/index.ts';
import type { StepWork } from '../work/index.ts';

/**
 * Makes sure that a snapshot is the file that the plan was made with. Hours may lie in between, at a question or
 * before a resume, and a file that is saved every night keeps its name: another one would come back with numbers and
 * checks that were meant for this one.
 *
 * Errors: DIGEST_MISMATCH, FILE_NOT_READABLE, INTERRUPTED.
 */
export async function requireSameSnapshot({
  plan,
  snapshotFile,
  ctx,
}: Pick<StepWork, 'plan' | 'snapshotFile' | 'ctx'>): Promise<void> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(snapshotFile, { highWaterMark: 1 << 20, signal: ctx.signal }))
      hash.update(chunk as Uint8Array);
  } catch (error) {
    throwIfInterrupted(ctx.signal);
    throw fileError(error, 'read', snapshotFile);
  }
  const found = hash.digest('hex');
  if (found === plan.snapshot.sha256) return;
  throw new HoldfastError('DIGEST_MISMATCH', `${snapshotFile} has changed since the recovery was planned`, {
    hint: 'Give the snapshot a name that nothing else writes to, and run recover again: it plans anew.',
    details: { path: snapshotFile, expected: plan.snapshot.sha256, found },
  });
}
