/** Objects as files. */
export { type FilesystemStorageOptions, openFilesystemStorage } from './filesystem-storage.ts';
