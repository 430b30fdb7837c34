/** Objects that nobody reads or changes without the keys. */
export {
  decodeHeader,
  headerBytes,
  type ObjectHeader,
  type ObjectKind,
  objectKinds,
} from './object-header.ts';
export { createObjectKey, findObjectKey, type NewObjectKey } from './object-key.ts';
export {
  contentLimitBytes,
  openPiece,
  openPieceAhead,
  packContent,
  type PackedContent,
  sealPacked,
  sealPiece,
  tagBytes,
} from './piece.ts';
export { type PieceThreads, startPieceThreads, startThreads } from './piece-threads.ts';
export { openObject, type SealedObject, sealObject } from './sealed-object.ts';
