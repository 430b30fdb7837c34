import { crc32c } from '../../base/index.ts';
import type { StoreEntry } from './store-file.ts';

/** CRC-32C of a row's key and value, continuing a finished CRC. */
export function checksumRow({ key, value }: StoreEntry, crc: number): number {
  // In a leaf page the value follows its key: one call then covers both.
  if (key.buffer === value.buffer && key.byteOffset + key.length === value.byteOffset) {
    return crc32c(new Uint8Array(key.buffer, key.byteOffset, key.length + value.length), crc);
  }
  return crc32c(value, crc32c(key, crc));
}
