/** What a repository holds and takes. */
export {
  type BackupAddition,
  readRepositoryStats,
  type RepositoryStats,
  type UnneededBytes,
} from './repository-stats.ts';
