export {
  createDurableFile,
  type DurableFile,
  type DurableFileOptions,
  isBeingPlaced,
  removeAbandonedFiles,
  syncDirectory,
} from './durable-file.ts';
export { type FileSource, fileStateOf, openFileSource, readFully, writeFully } from './file-source.ts';
export { makeDirectories } from './make-directories.ts';
export { openPrivateDirectory, type PrivateDirectory } from './private-directory.ts';
export {
  beginUnfinished,
  isAbandoned,
  removeAbandoned,
  removeUnfinishedNow,
  type Unfinished,
} from './unfinished.ts';
