import { hasCode } from '../../../base/index.ts';
import { readJournal } from './journal.ts';

/** A recovery that was neither committed nor rolled back. */
export interface PendingRecovery {
  readonly id: string;
  readonly createdAtMs: number;
  /** Path of the snapshot, or `repo:<id>`. */
  readonly snapshotPath: string;
  readonly hosts: readonly string[];
  /** Whether it had begun to go back: then it can only be rolled back. */
  readonly turnedBack: boolean;
}

/** Only reads: another process may be at work on it. Errors: JOURNAL_DAMAGED, FILE_NOT_READABLE. */
export async function readPendingRecovery(journalFile: string): Promise<PendingRecovery | undefined> {
  try {
    const { plan, turnedBack } = await readJournal(journalFile);
    return {
      id: plan.id,
      createdAtMs: plan.createdAtMs,
      snapshotPath: plan.snapshot.backup ?? plan.snapshot.path,
      hosts: plan.hosts.map(({ host }) => host),
      turnedBack: turnedBack !== undefined,
    };
  } catch (error) {
    if (hasCode(error, 'FILE_NOT_FOUND')) return undefined;
    throw error;
  }
}
