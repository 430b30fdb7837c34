/**
 * Bucket `key` as it would lie in a database now: what the base has and a compaction would have left, then what was
 * written since. It keeps to the moment at which it was made, whatever is written later.
 *
 * Source: etcd server/storage/mvcc/{key_index,kvstore_compaction}.go (3.6.16).
 */
import { compareBytes, equalBytes, utf8 } from '../../../base/index.ts';
import {
  encodeKeyValue,
  encodeRevision,
  encodeTombstone,
  revisionBound,
  revisionKeyBytes,
  scanRows,
  type StoreBucket,
  type StoreEntry,
} from '../../../formats/mvcc/index.ts';
import type { BaseRows } from './base-rows.ts';
import { newestUpTo, type Overlay, type OverlayRow } from './overlay.ts';

/** One bit for each row of the base, by its number in the index; undefined when all of them stay. */
export type BaseSurvivors = Uint8Array | undefined;

/**
 * The rows of the base that a compaction leaves: of each key the newest up to it, and a deletion only when it lies
 * exactly there; and all rows above.
 */
export function baseSurvivors(base: BaseRows, overlay: Overlay, compactRevision: bigint): Uint8Array {
  const { index } = base;
  const { starts } = index.parts;
  const bound = revisionBound(compactRevision);
  const bits = new Uint8Array(Math.ceil(index.rowCount / 8)).fill(0xff);
  const superseded = supersededRanks(overlay, compactRevision);
  for (let rank = 0; rank < index.keyCount; rank++) {
    const end = index.endAtBound(rank, bound);
    for (let row = starts[rank]!; row < end; row++) {
      const isNewest = row === end - 1 && !superseded.has(rank);
      const stays = isNewest && (!index.isTombstone(row) || index.main(row) === compactRevision);
      if (!stays) bits[row >>> 3]! &= ~(1 << (row & 7));
    }
  }
  return bits;
}

function supersededRanks(overlay: Overlay, compactRevision: bigint): ReadonlySet<number> {
  const ranks = new Set<number>();
  for (const key of overlay.keys.values())
    if (key.isInBase && newestUpTo(key.versions, compactRevision) !== undefined) ranks.add(key.rank);
  return ranks;
}

/** Sizes of a row, without its bytes. */
export interface RowSizes {
  readonly keyBytes: number;
  readonly valueBytes: number;
}

export class PhysicalRows implements StoreBucket {
  readonly name = utf8('key');
  readonly #base: BaseRows;
  readonly #survivors: BaseSurvivors;
  readonly #written: readonly OverlayRow[];
  readonly #writtenCount: number;

  constructor(base: BaseRows, survivors: BaseSurvivors, written: readonly OverlayRow[]) {
    this.#base = base;
    this.#survivors = survivors;
    this.#written = written;
    this.#writtenCount = written.length;
  }

  *scan(): Generator<StoreEntry> {
    if (this.#base.bucket !== undefined) yield* this.#surviving(scanRows(this.#base.bucket));
    for (let i = 0; i < this.#writtenCount; i++) yield encodeRow(this.#written[i]!);
  }

  *entries(from?: Uint8Array): Generator<StoreEntry> {
    const { bucket } = this.#base;
    for (const row of bucket === undefined ? [] : this.#surviving(bucket.entries()))
      if (from === undefined || compareBytes(row.key, from) >= 0) yield row;
    for (let i = 0; i < this.#writtenCount; i++) {
      const row = encodeRow(this.#written[i]!);
      if (from === undefined || compareBytes(row.key, from) >= 0) yield row;
    }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const [first] = this.entries(key);
    return first !== undefined && equalBytes(first.key, key) ? first.value : undefined;
  }

  last(): StoreEntry | undefined {
    if (this.#writtenCount > 0) return encodeRow(this.#written[this.#writtenCount - 1]!);
    const { commitOrder, index, bucket } = this.#base;
    for (let at = commitOrder.length - 1; at >= 0; at--) {
      const row = commitOrder[at]!;
      if (!this.#survives(row)) continue;
      const key = index.rowKey(row);
      return { key, value: bucket!.get(key)! };
    }
    return undefined;
  }

  /** Sizes of all rows in order; no record is read. */
  *sizes(): Generator<RowSizes> {
    const { commitOrder, index } = this.#base;
    for (const row of commitOrder) {
      if (!this.#survives(row)) continue;
      const keyBytes = index.isTombstone(row) ? revisionKeyBytes + 1 : revisionKeyBytes;
      yield { keyBytes, valueBytes: index.parts.recordBytes[row]! };
    }
    for (let i = 0; i < this.#writtenCount; i++) {
      const { key, value } = encodeRow(this.#written[i]!);
      yield { keyBytes: key.length, valueBytes: value.length };
    }
  }

  *#surviving(rows: Iterable<StoreEntry>): Generator<StoreEntry> {
    const { commitOrder } = this.#base;
    let at = 0;
    for (const row of rows) {
      if (at === commitOrder.length) return;
      if (this.#survives(commitOrder[at++]!)) yield row;
    }
  }

  #survives(row: number): boolean {
    return this.#survivors === undefined || (this.#survivors[row >>> 3]! & (1 << (row & 7))) !== 0;
  }
}

function encodeRow({ revision, kv }: OverlayRow): StoreEntry {
  const value = revision.tombstone ? encodeTombstone(kv.key) : encodeKeyValue(kv);
  return { key: encodeRevision(revision), value };
}
