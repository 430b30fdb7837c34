/** Backups of other tools: the words by which they are read. */
export { importFlags, tellWarnings } from './import-flags.ts';
export { readImportSecrets } from './import-secrets.ts';
