/**
 * An index of every row of a store by its key: flat columns of 32-bit numbers, so that it goes into a file and comes
 * back as it is. About 40 bytes a row and 8 a key beside the key itself; values stay where they are.
 *
 * Keys are known by their rank in byte order, rows by their number: grouped by key, in commit order within each.
 */
import { equalBytes } from '../../base/index.ts';
import { encodeRevision, type RevisionBound } from '../mvcc/index.ts';

/** A column for each fact of a row. 64-bit facts have two, the upper half first. */
export const rowColumns = [
  'mainHigh',
  'mainLow',
  /** Sub in the low 31 bits, the tombstone mark above. */
  'sub',
  'createHigh',
  'createLow',
  /** The upper half is left out: no key changes that often. */
  'version',
  /** Size of the record: key, value and facts. */
  'recordBytes',
  /** Where the record lies in the file; `nowhere` when it has to be looked up by its row key. */
  'offsetHigh',
  'offsetLow',
] as const;

export type RowColumn = (typeof rowColumns)[number];

export interface KeyIndexParts extends Readonly<Record<RowColumn, Uint32Array>> {
  /** Main revision of the store, and that of its last compaction or -1. */
  readonly currentRevision: bigint;
  readonly compactRevision: bigint;
  /** The keys in byte order, end to end, and where each ends. */
  readonly keyBytes: Uint8Array;
  readonly keyEnds: Uint32Array;
  /** Number of the first row of each key; one entry more than there are keys. */
  readonly starts: Uint32Array;
}

export const tombstoneBit = 0x8000_0000;
/** In `offsetHigh`. */
export const nowhere = 0xffff_ffff;

export class KeyIndex {
  readonly parts: KeyIndexParts;

  constructor(parts: KeyIndexParts) {
    this.parts = parts;
  }

  get keyCount(): number {
    return this.parts.keyEnds.length;
  }

  get rowCount(): number {
    return this.parts.sub.length;
  }

  /** A view of the index. */
  key(rank: number): Uint8Array {
    const { keyBytes, keyEnds } = this.parts;
    return keyBytes.subarray(rank === 0 ? 0 : keyEnds[rank - 1]!, keyEnds[rank]);
  }

  /** Rank of the first key that is not below the given one; `keyCount` when all are. */
  lowerBound(key: Uint8Array): number {
    let low = 0;
    let high = this.keyCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(middle, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Rank of a key, or undefined when no row has it. */
  find(key: Uint8Array): number | undefined {
    const rank = this.lowerBound(key);
    return rank < this.keyCount && equalBytes(this.key(rank), key) ? rank : undefined;
  }

  main(row: number): bigint {
    return join(this.parts.mainHigh[row]!, this.parts.mainLow[row]!);
  }

  createRevision(row: number): bigint {
    return join(this.parts.createHigh[row]!, this.parts.createLow[row]!);
  }

  subRevision(row: number): number {
    return (this.parts.sub[row]! & ~tombstoneBit) >>> 0;
  }

  isTombstone(row: number): boolean {
    return this.parts.sub[row]! >= tombstoneBit;
  }

  /** Where the record lies in the file, or undefined when it has to be looked up. */
  offset(row: number): number | undefined {
    const high = this.parts.offsetHigh[row]!;
    return high === nowhere ? undefined : high * 0x1_0000_0000 + this.parts.offsetLow[row]!;
  }

  /** Key of the row in bucket `key`. */
  rowKey(row: number): Uint8Array {
    const sub = BigInt(this.subRevision(row));
    return encodeRevision({ main: this.main(row), sub, tombstone: this.isTombstone(row) });
  }

  /** The number behind the last row of a key up to a revision; equal to `starts[rank]` when there is none. */
  endAt(rank: number, main: bigint): number {
    const first = this.parts.starts[rank]!;
    let low = first;
    let high = this.parts.starts[rank + 1]!;
    // Nearly always all of them count.
    if (high > low && this.main(high - 1) <= main) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.main(middle) <= main) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** `endAt` for loops over many keys: the revision as halves. */
  endAtBound(rank: number, bound: RevisionBound): number {
    const { mainHigh, mainLow, starts } = this.parts;
    let low = starts[rank]!;
    let high = starts[rank + 1]!;
    if (high > low && !isAbove(mainHigh[high - 1]!, mainLow[high - 1]!, bound)) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isAbove(mainHigh[middle]!, mainLow[middle]!, bound)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** `liveRow` for loops over many keys: the revision as halves, and -1 instead of undefined. */
  liveRowAt(rank: number, bound: RevisionBound): number {
    const row = this.endAtBound(rank, bound) - 1;
    return row < this.parts.starts[rank]! || this.isTombstone(row) ? -1 : row;
  }

  /** The row that a key is at a revision; undefined when it does not live then. */
  liveRow(rank: number, main: bigint): number | undefined {
    const end = this.endAt(rank, main);
    if (end === this.parts.starts[rank]!) return undefined;
    return this.isTombstone(end - 1) ? undefined : end - 1;
  }

  #compare(rank: number, key: Uint8Array): number {
    const { keyBytes, keyEnds } = this.parts;
    const start = rank === 0 ? 0 : keyEnds[rank - 1]!;
    const length = keyEnds[rank]! - start;
    const shorter = Math.min(length, key.length);
    for (let i = 0; i < shorter; i++) {
      const difference = keyBytes[start + i]! - key[i]!;
      if (difference !== 0) return difference;
    }
    return length - key.length;
  }
}

function isAbove(high: number, low: number, bound: RevisionBound): boolean {
  return high > bound.high || (high === bound.high && low > bound.low);
}

function join(high: number, low: number): bigint {
  // Revisions beyond 2^53 are rare, and a product of numbers is faster than a shift of bigints.
  return high < 0x20_0000 ? BigInt(high * 0x1_0000_0000 + low) : (BigInt(high) << 32n) | BigInt(low);
}
