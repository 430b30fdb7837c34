/** Which content lies in which pack. */
export { ChunkIndex, type ChunkPlace } from './chunk-index.ts';
export { decodeSegment, encodeSegment, type IndexedPack } from './segment.ts';
