/** Backups that other tools made, as snapshots that every command takes. */
export {
  type BundleFile,
  defaultMaxUnpackedBytes,
  type ImportedChain,
  type ImportedFile,
  type ImportedLog,
  type ImportFormat,
  importFormats,
  type ImportOptions,
  type ImportResult,
  type ImportSecrets,
  type UnusedItem,
} from './import-options.ts';
export { importBackup } from './import-backup.ts';
