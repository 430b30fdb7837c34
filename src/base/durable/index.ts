export {
  createDurableFile,
  type DurableFile,
  type DurableFileOptions,
  syncDirectory,
} from './durable-file.ts';
export { type FileSource, openFileSource, readFully } from './file-source.ts';
