/** Backups in a repository: made, listed, fetched. */
export { type BackupFacts, readBackupFacts } from './backup-facts.ts';
export {
  createBackup,
  type CreateBackupOptions,
  type CreateBackupResult,
  type CreateBackupSource,
} from './create-backup.ts';
export { fetchBackup, type FetchBackupOptions, type FetchBackupResult } from './fetch-backup.ts';
export { type BackupSummary, type ListedBackups, listStoredBackups, showBackup } from './list-backups.ts';
