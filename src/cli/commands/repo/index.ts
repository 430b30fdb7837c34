/** Commands on repositories, and what every command on one does first. */
export { repoCheckCommand } from './check.ts';
export { repoInitCommand } from './init.ts';
export {
  repoKeyAddCommand,
  repoKeyExportCommand,
  repoKeyImportCommand,
  repoKeyListCommand,
  repoKeyPasswdCommand,
  repoKeyRemoveCommand,
  repoKeyRotateCommand,
} from './key/index.ts';
export {
  openRepositoryOf,
  openStorageOf,
  type RepositoryAccess,
  storageLocation,
} from './open-repository.ts';
export { readLock, readUnlock } from './read-unlock.ts';
export { repoValidateCommand } from './validate.ts';
export { repoStatsCommand } from './stats.ts';
