/** Looks whether everything in a repository is what was written, and what is hit where it is not. */
export { type BackupCheck, type BackupCheckOptions, checkBackup } from './check-backup.ts';
export {
  checkRepository,
  type CheckFinding,
  type CheckOptions,
  type CheckResult,
} from './check-repository.ts';
export { rebuildIndex, type RebuildResult } from './rebuild-index.ts';
