/** Stored values as objects: decryption and decoding, and counts of what could not be read. */
export {
  type ObjectReader,
  type ObjectReaderOptions,
  openObjectReader,
  type ReadCounts,
  type ReadObject,
  type ReadObjectOptions,
  type UnreadObject,
  type ValuePlace,
} from './object-reader.ts';
