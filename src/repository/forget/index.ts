/** Drops backups: a tombstone first, then the record. */
export { clearForgotten, type ForgetOptions, forgetBackups } from './forget-backups.ts';
