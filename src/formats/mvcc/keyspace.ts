/**
 * An index of the user keys of a store: which rows belong to which key, in order. Values stay in the file and are read
 * through the bucket by their row key. Memory: about 16 bytes a row and 16 a key beside the key itself.
 *
 * Rows are known by their number in commit order, keys by their rank in byte order, both from 0.
 *
 * Source: etcd server/storage/mvcc/{index,key_index}.go (3.6.14).
 */
import { compareBytes } from '../../base/index.ts';
import type { Uint32Column, Uint64Column } from './columns.ts';
import type { KeyArena } from './key-arena.ts';
import { encodeRevision, type Revision } from './revision.ts';
import { resolveRevision, type StoreRevision } from './store-revision.ts';

/** A user key with one of its rows. */
export interface KeyAtRow {
  readonly rank: number;
  readonly row: number;
}

/** Keys from `from` up to but not including `to`; without `to`, all from there on. */
export interface KeyRange {
  readonly from: Uint8Array;
  readonly to?: Uint8Array;
}

/** Rows of one key from a creation to its deletion, or to the present. */
export interface KeyGeneration {
  readonly rows: readonly number[];
  readonly deleted: boolean;
}

/** What `buildKeyspace` collects; rows are grouped by key rank. */
export interface KeyspaceParts {
  readonly revision: StoreRevision;
  readonly mains: Uint64Column;
  /** Sub in the low 31 bits, the tombstone mark above. */
  readonly subs: Uint32Column;
  readonly arena: KeyArena;
  /** Arena ids in byte order of their keys: by rank. */
  readonly sortedIds: Uint32Array;
  /** Row numbers, grouped by rank and ascending within. */
  readonly rowsByKey: Uint32Array;
  /** Where the rows of each rank begin in `rowsByKey`; one entry more than there are keys. */
  readonly starts: Uint32Array;
}

export const tombstoneBit = 0x8000_0000;

export class Keyspace {
  readonly #parts: KeyspaceParts;

  constructor(parts: KeyspaceParts) {
    this.#parts = parts;
  }

  /** Revision of the store as a server would report it after opening it; at least 1. */
  get currentRevision(): bigint {
    return this.#parts.revision.current;
  }

  /** -1 when the store was never compacted. Rows below it may be missing. */
  get compactRevision(): bigint {
    return this.#parts.revision.compact;
  }

  /** Distinct user keys in all rows, deleted ones included. */
  get keyCount(): number {
    return this.#parts.sortedIds.length;
  }

  get rowCount(): number {
    return this.#parts.subs.length;
  }

  /** Checks a revision to read at; 0 means the current one. Throws REVISION_COMPACTED, REVISION_FUTURE, USAGE. */
  resolveRevision(requested: bigint): bigint {
    return resolveRevision(requested, this.#parts.revision);
  }

  /** A user key, as a view of the index. */
  key(rank: number): Uint8Array {
    return this.#parts.arena.at(this.#parts.sortedIds[rank]!);
  }

  /** Rank of the first key that is not below the given one; `keyCount` when all are. */
  lowerBound(key: Uint8Array): number {
    let low = 0;
    let high = this.keyCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes(this.key(middle), key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Rank of a key, or undefined when no row has it. */
  find(key: Uint8Array): number | undefined {
    const rank = this.lowerBound(key);
    return rank < this.keyCount && compareBytes(this.key(rank), key) === 0 ? rank : undefined;
  }

  /** Revision of a row. */
  revision(row: number): Revision {
    const sub = this.#parts.subs.get(row);
    return {
      main: this.#parts.mains.get(row),
      sub: BigInt(sub & ~tombstoneBit),
      tombstone: this.isTombstone(row),
    };
  }

  isTombstone(row: number): boolean {
    return (this.#parts.subs.get(row) & tombstoneBit) !== 0;
  }

  /** Key of a row in bucket `key`: where its record is to be read. */
  rowKey(row: number): Uint8Array {
    return encodeRevision(this.revision(row));
  }

  /** Number of rows with main up to and including a revision; equally, the first row after it. */
  rowsUpTo(main: bigint): number {
    let low = 0;
    let high = this.rowCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#parts.mains.get(middle) <= main) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** All rows of a key in commit order, tombstones included. A view of the index. */
  history(rank: number): Uint32Array {
    const { rowsByKey, starts } = this.#parts;
    return rowsByKey.subarray(starts[rank], starts[rank + 1]);
  }

  /** The history of a key cut after each tombstone. */
  generations(rank: number): KeyGeneration[] {
    const generations: KeyGeneration[] = [];
    let rows: number[] = [];
    for (const row of this.history(rank)) {
      rows.push(row);
      if (!this.isTombstone(row)) continue;
      generations.push({ rows, deleted: true });
      rows = [];
    }
    if (rows.length > 0) generations.push({ rows, deleted: false });
    return generations;
  }

  /**
   * The newest row of a key among the first `rowLimit` rows (see `rowsUpTo`), or undefined when there is none or it is
   * a tombstone: the key does not exist then.
   */
  liveRow(rank: number, rowLimit: number): number | undefined {
    const row = this.#newestRow(rank, rowLimit);
    return row === undefined || this.isTombstone(row) ? undefined : row;
  }

  /** Keys that exist at a revision, in byte order, each with its row there. The revision is taken as it is. */
  *liveKeys(main: bigint, range: KeyRange = { from: new Uint8Array(0) }): Generator<KeyAtRow> {
    const rowLimit = this.rowsUpTo(main);
    const end = range.to === undefined ? this.keyCount : this.lowerBound(range.to);
    for (let rank = this.lowerBound(range.from); rank < end; rank++) {
      const row = this.liveRow(rank, rowLimit);
      if (row !== undefined) yield { rank, row };
    }
  }

  /** Number of keys that exist at a revision. */
  countLiveKeys(main: bigint, range?: KeyRange): number {
    const keys = this.liveKeys(main, range);
    let count = 0;
    while (keys.next().done !== true) count++;
    return count;
  }

  #newestRow(rank: number, rowLimit: number): number | undefined {
    const { rowsByKey, starts } = this.#parts;
    const first = starts[rank]!;
    let low = first;
    let high = starts[rank + 1]!;
    // Nearly always the last one is asked for.
    if (high > low && rowsByKey[high - 1]! < rowLimit) return rowsByKey[high - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (rowsByKey[middle]! < rowLimit) low = middle + 1;
      else high = middle;
    }
    return low === first ? undefined : rowsByKey[low - 1];
  }
}
