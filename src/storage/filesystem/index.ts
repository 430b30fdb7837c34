/** Objects as files. */
export { type FilesystemStorageOptions, openFilesystemStorage } from './filesystem-storage.ts';
export { removeEmptyDirectories } from './remove-empty-directories.ts';
