/** What a recovery writes down so that a crash loses nothing. */
export { formatExact, parseExact } from './exact-values.ts';
export { createJournal, type Journal, openJournal, readOutcome } from './journal.ts';
export type { JournalEntry, RecoveryOutcome, StepState } from './journal-entry.ts';
export { lockJournal } from './journal-lock.ts';
export { type PendingRecovery, readPendingRecovery } from './pending-recovery.ts';
