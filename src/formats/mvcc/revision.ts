/**
 * Row keys of bucket `key`: the revision at which a change was made.
 *
 *   offset  size  field
 *        0     8  main, u64 big-endian: the write transaction
 *        8     1  0x5F '_'
 *        9     8  sub, u64 big-endian: the change inside the transaction, from 0
 *       17     1  0x74 't', only on a deletion (tombstone)
 *
 * Source: etcd server/storage/mvcc/revision.go (3.6.14).
 */
import { formatHex, HoldfastError, readUint64BigEndian } from '../../base/index.ts';

export interface Revision {
  /** Below 2^63. */
  readonly main: bigint;
  /** Below 2^63. */
  readonly sub: bigint;
  /** Whether the row records the deletion of its key. */
  readonly tombstone: boolean;
}

/** Length in bytes of a row key that is not a tombstone's. */
export const revisionKeyBytes = 17;

const separator = 0x5f;
const tombstoneMark = 0x74;

/** Why bytes are not a revision key, in words, or undefined when they are one. */
export function revisionKeyFault(key: Uint8Array): string | undefined {
  if (key.length !== revisionKeyBytes && key.length !== revisionKeyBytes + 1) {
    return `its length is ${key.length}, not 17 or 18`;
  }
  if (key[8] !== separator) return 'byte 8 is not "_"';
  if (key.length > revisionKeyBytes && key[17] !== tombstoneMark) return 'byte 17 is not "t"';
  if (key[0]! >= 0x80 || key[9]! >= 0x80) return 'a part is negative';
  return undefined;
}

/** Decodes a row key; throws RECORD_INVALID. */
export function decodeRevision(key: Uint8Array): Revision {
  const fault = revisionKeyFault(key);
  if (fault !== undefined) {
    const start = formatHex(key.subarray(0, 32));
    throw new HoldfastError('RECORD_INVALID', `not a revision key: ${fault}`, { details: { key: start } });
  }
  return {
    main: readUint64BigEndian(key, 0),
    sub: readUint64BigEndian(key, 9),
    tombstone: key.length > revisionKeyBytes,
  };
}

/** The 17 or 18 bytes of a row key. */
export function encodeRevision(revision: Revision): Uint8Array {
  const bytes = new Uint8Array(revision.tombstone ? revisionKeyBytes + 1 : revisionKeyBytes);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, revision.main);
  bytes[8] = separator;
  view.setBigUint64(9, revision.sub);
  if (revision.tombstone) bytes[17] = tombstoneMark;
  return bytes;
}

/** Commit order: by main, then by sub. A tombstone and a put of one revision compare equal. */
export function compareRevisions(a: Revision, b: Revision): number {
  if (a.main !== b.main) return a.main < b.main ? -1 : 1;
  if (a.sub !== b.sub) return a.sub < b.sub ? -1 : 1;
  return 0;
}

// For loops over millions of rows: read in place, the halves of a u64 as plain numbers. The caller has made sure with
// one of the checks that the bytes are there.

/** Whether `bytes[start, end)` is a row key: `revisionKeyFault` in place. */
export function isRevisionKeyAt(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length !== revisionKeyBytes && length !== revisionKeyBytes + 1) return false;
  if (length > revisionKeyBytes && bytes[start + revisionKeyBytes] !== tombstoneMark) return false;
  return bytes[start + 8] === separator && bytes[start]! < 0x80 && bytes[start + 9]! < 0x80;
}

/** The unsigned 32-bit big-endian number at an offset. */
export function readUint32At(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>>
    0
  );
}

/** Compares main of a well-formed row key with a bound, exactly: negative, zero or positive. */
export function compareMain(key: Uint8Array, bound: RevisionBound): number {
  const high = readUint32At(key, 0);
  if (high !== bound.high) return high - bound.high;
  return readUint32At(key, 4) - bound.low;
}

/** The halves of a main revision, to compare with in a loop. */
export interface RevisionBound {
  readonly high: number;
  readonly low: number;
}

/** Splits a main revision; a negative one (such as "never compacted", -1) lies below every row. */
export function revisionBound(main: bigint): RevisionBound {
  if (main < 0n) return { high: -1, low: 0 };
  return { high: Number(main >> 32n), low: Number(main & 0xffff_ffffn) };
}
