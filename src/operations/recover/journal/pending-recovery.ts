import { errnoOf, fileError, type OperationContext } from '../../../base/index.ts';
import { stat } from 'node:fs/promises';
import { openJournal } from './journal.ts';

/** A recovery that was neither committed nor rolled back. */
export interface PendingRecovery {
  readonly id: string;
  readonly createdAtMs: number;
  readonly snapshotPath: string;
  readonly hosts: readonly string[];
  /** Whether it had begun to go back: then it can only be rolled back. */
  readonly turnedBack: boolean;
}

/** Errors: JOURNAL_DAMAGED, FILE_NOT_READABLE. */
export async function readPendingRecovery(
  journalFile: string,
  ctx: OperationContext,
): Promise<PendingRecovery | undefined> {
  try {
    await stat(journalFile);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw fileError(error, 'open', journalFile);
  }
  await using journal = await openJournal(journalFile, ctx);
  const { plan } = journal;
  return {
    id: plan.id,
    createdAtMs: plan.createdAtMs,
    snapshotPath: plan.snapshot.path,
    hosts: plan.hosts.map(({ host }) => host),
    turnedBack: journal.turnedBack !== undefined,
  };
}
