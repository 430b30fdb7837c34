/** The index of a store's keys and rows, and the file in which it is kept beside a snapshot. */
export { indexDatabaseSteps, indexStoreSteps } from './build-index.ts';
export { type IndexedFile, readIndexFile, writeIndexFile } from './index-file.ts';
export { KeyIndex, type KeyIndexParts } from './key-index.ts';
