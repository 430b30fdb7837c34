/** What keeps a repository in order: verify, pin, forget, check, prune. */
export {
  checkStoredRepository,
  type CheckStoredOptions,
  type CheckStoredResult,
} from './check-stored-repository.ts';
export {
  forgetStoredBackups,
  type ForgetStoredOptions,
  type ForgetStoredResult,
} from './forget-stored-backups.ts';
export { pinBackup, type PinBackupOptions, unpinBackup, unpinEnded } from './pin-backup.ts';
export {
  pruneStoredRepository,
  type PruneStoredOptions,
  type PruneStoredResult,
} from './prune-stored-repository.ts';
export { readRetentionRecords, type RetentionInput } from './retention-records.ts';
export { verifyBackup, type VerifyBackupOptions, type VerifyBackupResult } from './verify-backup.ts';
