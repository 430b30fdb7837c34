/** Packs: many sealed contents in one object. */
export { type BuiltPack, PackBuilder, packDirectory, packName, packTargetBytes } from './pack-builder.ts';
export { decodeEntries, encodeEntries } from './pack-entries.ts';
export { decodePackFooter, type PackFooter, PackOpener } from './pack-reader.ts';
export {
  idBytes,
  packKindOf,
  type PackKind,
  type PieceEntry,
  type PieceType,
  pieceTypes,
} from './piece-types.ts';
