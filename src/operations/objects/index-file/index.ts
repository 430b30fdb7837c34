/** The index of a store's keys and rows as it is kept in a file beside a snapshot. */
export { type IndexedFile, openIndexedFile, readIndexFile, writeIndexFile } from './index-file.ts';
