import { combineCrc32c, crc32c, utf8 } from '../../base/index.ts';
import { Uint32Column } from './columns.ts';
import { keptRowBits, keyState, noteKeyRow } from './kept-rows.ts';
import { compareMain, type RevisionBound, revisionBound, revisionKeyBytes } from './revision.ts';
import { checksumRow } from './row-checksum.ts';
import type { StoreEntry } from './store-file.ts';
import type { StoreRevision } from './store-revision.ts';

/**
 * HashKV at the newest revision for who goes over all rows anyway and has ids for the keys: `hashKvSteps` in no pass of
 * its own. Which of the rows up to the compaction count is known only in the end, so each has its own checksum, and
 * those that count are combined then. Memory: eight bytes for such a row, four for a key.
 */
export class HashKvRows {
  readonly #upper: RevisionBound;
  readonly #compact: RevisionBound;
  readonly #isCompacted: boolean;
  readonly #states = new Uint32Column();
  /** Of the key that has no bytes, which has no id. */
  readonly #emptyState = new Uint32Column();
  readonly #checksums = new Uint32Column();
  /** 0 for rows that never count. */
  readonly #sizes = new Uint32Column();
  #rows = 0;
  #laterChecksum = 0;
  #laterBytes = 0;

  constructor({ current, compact }: Pick<StoreRevision, 'current' | 'compact'>) {
    this.#upper = revisionBound(current);
    this.#compact = revisionBound(compact);
    this.#isCompacted = compact > 0n;
  }

  /**
   * Takes the next row, whose key is a revision.
   * @param id of the user key, dense from 0 in the order of their first rows; undefined for the empty one
   */
  add(row: StoreEntry, id: number | undefined): void {
    const order = compareMain(row.key, this.#upper);
    if (order > 0) return;
    const isTombstone = row.key.length > revisionKeyBytes;
    if (this.#isCompacted) this.#noteRow(id, { isTombstone, atUpper: order === 0 });
    this.#rows++;
    const compactOrder = compareMain(row.key, this.#compact);
    const sizeBytes = row.key.length + row.value.length;
    if (compactOrder > 0) {
      this.#laterChecksum = checksumRow(row, this.#laterChecksum);
      this.#laterBytes += sizeBytes;
      return;
    }
    // Releases differ in whether they keep a tombstone at the compact revision, so no hash counts it.
    const mayCount = compactOrder < 0 || !isTombstone;
    this.#checksums.push(mayCount ? checksumRow(row, 0) : 0);
    this.#sizes.push(mayCount ? sizeBytes : 0);
  }

  #noteRow(id: number | undefined, { isTombstone: tombstone, atUpper }: RowKind): void {
    const states = id === undefined ? this.#emptyState : this.#states;
    const place = id ?? 0;
    const isNew = place === states.length;
    if (isNew) states.push(keyState.deleted);
    noteKeyRow(states, place, { row: this.#rows, tombstone, atUpper, isNew });
  }

  /** Unsigned 32-bit. */
  finish(): number {
    const kept = keptRowBits([this.#states, this.#emptyState], this.#rows);
    // When nothing at all is kept, etcd skips nothing.
    const bits = this.#isCompacted && kept.count > 0 ? kept.bits : undefined;
    let hash = crc32c(utf8('key'));
    for (let row = 0; row < this.#checksums.length; row++) {
      if (bits !== undefined && (bits[row >>> 3]! & (1 << (row & 7))) === 0) continue;
      hash = combineCrc32c(hash, this.#checksums.get(row), this.#sizes.get(row));
    }
    return combineCrc32c(hash, this.#laterChecksum, this.#laterBytes);
  }
}

interface RowKind {
  readonly isTombstone: boolean;
  readonly atUpper: boolean;
}
