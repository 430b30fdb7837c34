/** What lies in packs: rows, what is known of them, and recipes. */
export { ChunkBoundary, maximumChunkBytes, minimumChunkBytes } from './chunk-boundary.ts';
export { ChunkDraft, type DraftedChunk } from './chunk-draft.ts';
export { type ChunkRows, openChunkRows } from './chunk-rows.ts';
export {
  decodeRecipe,
  encodeRecipe,
  keepRows,
  type RecipeEntry,
  type RecipeSection,
  runsOf,
} from './recipe.ts';
export {
  decodeTableColumns,
  keyBytesOf,
  type RowColumns,
  type TableColumns,
  valueBytesOf,
} from './row-columns.ts';
export { decodeRowTable, encodeRowTable, type RowTable } from './row-table.ts';
export { decodeRows, encodeRows } from './rows.ts';
export { type Row, type RowHead, rowHeads } from './row.ts';
export { RowsHash } from './rows-hash.ts';
