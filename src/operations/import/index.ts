/** Backups that other tools made, as snapshots that every command takes. */
export { defaultMaxUnpackedBytes, type ImportFormat, importFormats } from '../import-choices/index.ts';
export {
  type BundleFile,
  type ImportedChain,
  type ImportedFile,
  type ImportedLog,
  type ImportOptions,
  type ImportResult,
  type ImportSecrets,
  type UnusedItem,
} from './import-options.ts';
export { importBackup } from './import-backup.ts';
