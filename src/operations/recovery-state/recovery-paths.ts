/** Where a host keeps what a recovery must not forget. Host paths. */
export const recoverDirectory = '/var/lib/holdfast/recover';

/** There while a recovery is neither committed nor rolled back. */
export const journalPath = `${recoverDirectory}/journal.jsonl`;

/** Held by the process that works on the journal; where a reboot takes it away. */
export const journalLockPath = '/run/holdfast/recover.lock';

/** Where a journal ends up. */
export function closedJournalPath(recoveryId: string): string {
  return `${recoverDirectory}/closed/${recoveryId}.jsonl`;
}

/** Where a snapshot that came from another host is put. */
export function receivedSnapshotPath(sha256: string): string {
  return `${recoverDirectory}/snapshots/${sha256}.db`;
}
