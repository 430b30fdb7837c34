/** Backups of the repository where a command takes files. */
export { type BackupArguments, type FetchedArguments, fetchArguments } from './fetch-arguments.ts';
