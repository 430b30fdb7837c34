/** Data dirs on this machine, opened as a whole. */
export {
  type DataDirPaths,
  type OpenDataDirFiles,
  openDataDirAt,
  openDataDirFiles,
  type OpenedDataDir,
} from './open-data-dir-files.ts';
