/** Backups of the repository where a command takes files. */
export { type FetchedBackups, fetchBackups } from './fetch-backups.ts';
