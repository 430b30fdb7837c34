/** Backups in a repository: made, listed, chosen, fetched. */
export { isBackupDamage, requireNotForgotten } from './backup-damage.ts';
export { type BackupFacts, readBackupFacts } from './backup-facts.ts';
export { beginBackupFacts, type BegunFacts } from './begin-facts.ts';
export { type BackupResults, readResults } from './backup-results.ts';
export { chooseBackup } from './choose-backup.ts';
export { copyBackup, type CopyBackupOptions, type CopyBackupResult } from './copy-backup.ts';
export {
  createBackup,
  type CreateBackupOptions,
  type CreateBackupResult,
  type CreateBackupSource,
} from './create-backup.ts';
export type { MemberComparison } from './compare-members.ts';
export { drillBackup, type DrillBackupOptions, type DrillBackupResult } from './drill-backup.ts';
export { fetchBackup, type FetchBackupOptions, type FetchBackupResult } from './fetch-backup.ts';
export {
  type BundledFile,
  fetchBundle,
  type FetchBundleOptions,
  type FetchedBundle,
  listBundle,
} from './fetch-bundle.ts';
export {
  importIntoRepository,
  type ImportIntoRepositoryOptions,
  type ImportIntoRepositoryResult,
} from './import-into-repository.ts';
export { type BackupSummary, type ListedBackups, listStoredBackups, showBackup } from './list-backups.ts';
export {
  type FetchedBackup,
  openFetchedBackup,
  type OpenFetchedBackupOptions,
} from './open-fetched-backup.ts';
