/** Stored values as objects: decryption and decoding, and counts of what could not be read. */
export { estimateMoment } from './estimate-moment.ts';
export {
  type DecryptedValue,
  type ObjectReader,
  type ObjectReaderOptions,
  openObjectReader,
  type ReadCounts,
  type ReadDepth,
  type ReadObject,
  type ReadObjectOptions,
  type UnreadObject,
  type ValuePlace,
} from './object-reader.ts';
export type { DecryptionOptions, DecryptorContext, EncryptionHost } from './value-decryptor.ts';
