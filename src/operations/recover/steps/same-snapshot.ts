import { HoldfastError, sha256OfFile } from '../../../base/index.ts';
import type { StepWork } from '../work/index.ts';

/**
 * Makes sure that a snapshot is the file that the plan was made with. Hours may lie in between, at a question or
 * before a resume, and a file that is saved every night keeps its name: another one would come back with numbers and
 * checks that were meant for this one.
 *
 * Errors: DIGEST_MISMATCH, those of `sha256OfFile`.
 */
export async function requireSameSnapshot({
  plan,
  snapshotFile,
  ctx,
}: Pick<StepWork, 'plan' | 'snapshotFile' | 'ctx'>): Promise<void> {
  const found = await sha256OfFile(snapshotFile, ctx.signal);
  if (found === plan.snapshot.sha256) return;
  throw new HoldfastError('DIGEST_MISMATCH', `${snapshotFile} has changed since the recovery was planned`, {
    hint: 'Give the snapshot a name that nothing else writes to, and run recover again: it plans anew.',
    details: { path: snapshotFile, expected: plan.snapshot.sha256, found },
  });
}
