/** An index of a store's keys and rows: which rows a key has, and where in the file each record lies. */
export { indexDatabaseSteps, indexRowsSteps, indexStoreSteps, type IndexedRows } from './build-index.ts';
export { KeyIndex, type KeyIndexParts, type RowColumn, rowColumns } from './key-index.ts';
