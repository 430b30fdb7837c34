/** Where a host keeps what a recovery must not forget, and whether there is anything: light enough for every command. */
export { isRecoveryPending } from './pending.ts';
export {
  closedJournalPath,
  journalLockPath,
  journalPath,
  receivedSnapshotPath,
  recoverDirectory,
} from './recovery-paths.ts';
