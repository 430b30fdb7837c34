/** A database comes out of a repository. */
export {
  type DatabaseSink,
  fetchDatabase,
  type FetchDatabaseOptions,
  type FetchedDatabase,
  type WritingBehind,
} from './fetch-database.ts';
export { RecentChunks } from './recent-chunks.ts';
