/**
 * The rows of the file below: what is known of them is in memory, their records are read when they are asked for.
 */
import { equalBytes, HoldfastError } from '../../../base/index.ts';
import type { Database } from '../../../formats/bbolt/index.ts';
import type { IndexedRows, KeyIndex } from '../../../formats/key-index/index.ts';
import {
  type KeyValue,
  RecordScanner,
  type RevisionBound,
  revisionBound,
  type StoreBucket,
} from '../../../formats/mvcc/index.ts';
import { BaseCounts } from './base-counts.ts';

const nothing: Uint8Array = new Uint8Array(0);

export class BaseRows {
  readonly index: KeyIndex;
  /** Index row of each visible row, in commit order. */
  readonly commitOrder: Uint32Array;
  /** Rows above it are as if they were not there. */
  readonly lastRevision: bigint;
  readonly bucket: StoreBucket | undefined;
  readonly #database: Database;
  readonly #scanner = new RecordScanner();
  readonly #lastBound: RevisionBound;
  #counts: BaseCounts | undefined;

  constructor(database: Database, { index, commitOrder }: IndexedRows, lastRevision: bigint) {
    this.#database = database;
    this.index = index;
    this.bucket = database.bucket('key');
    this.lastRevision = lastRevision;
    this.#lastBound = revisionBound(lastRevision);
    this.commitOrder = commitOrder.subarray(0, countUpTo(index, commitOrder, lastRevision));
  }

  /** What to look rows up with at a revision. */
  boundAt(revision: bigint): RevisionBound {
    return revision >= this.lastRevision ? this.#lastBound : revisionBound(revision);
  }

  /** Whether a key lives at the last revision. */
  livesInTheEnd(rank: number): boolean {
    return this.index.liveRowAt(rank, this.#lastBound) !== -1;
  }

  /** Keys that live at the last revision, with a rank from `start` on, below `end`. */
  countInTheEnd(start: number, end: number): number {
    this.#counts ??= new BaseCounts(this.index, this.#lastBound);
    return this.#counts.count(start, end);
  }

  /** Rank of a key, or of the first one above it. */
  rankOf(key: Uint8Array): { readonly rank: number; readonly isThere: boolean } {
    const rank = this.index.lowerBound(key);
    return { rank, isThere: rank < this.index.keyCount && equalBytes(this.index.key(rank), key) };
  }

  /** Reads a row that is no deletion. Bytes are the caller's. Throws RECORD_INVALID, FILE_NOT_READABLE. */
  keyValue(row: number): KeyValue {
    const record = new Uint8Array(this.recordBytes(row));
    this.copyRecord(row, record);
    const scanner = this.#scanner;
    return {
      key: record.subarray(scanner.keyStart, scanner.keyEnd),
      createRevision: this.index.createRevision(row),
      modRevision: this.index.main(row),
      version: (BigInt(scanner.versionHigh) << 32n) | BigInt(scanner.versionLow),
      value: scanner.valueEnd === 0 ? nothing : record.subarray(scanner.valueStart, scanner.valueEnd),
      lease: scanner.hasLease ? scanner.lease : 0n,
    };
  }

  /** Size of a record. */
  recordBytes(row: number): number {
    return this.index.parts.recordBytes[row]!;
  }

  /**
   * Reads the record of a row that is no deletion to where it is wanted; `target` has its size. The scanner then stands
   * on it. Throws RECORD_INVALID, FILE_NOT_READABLE.
   */
  copyRecord(row: number, target: Uint8Array): void {
    const scanner = this.#scanner;
    const { mainLow, mainHigh } = this.index.parts;
    this.#readRecord(row, target);
    const isMeant =
      scanner.scan(target) === undefined &&
      scanner.modLow === mainLow[row] &&
      scanner.modHigh === mainHigh[row];
    if (!isMeant) throw changedFile();
  }

  #readRecord(row: number, target: Uint8Array): void {
    const offset = this.index.offset(row);
    if (offset === undefined) {
      const record = this.bucket?.get(this.index.rowKey(row));
      if (record?.length !== target.length) throw changedFile();
      target.set(record);
    } else if (this.#database.source.readInto(target, offset) < target.length) throw changedFile();
  }
}

function countUpTo(index: KeyIndex, commitOrder: Uint32Array, revision: bigint): number {
  let low = 0;
  let high = commitOrder.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (index.main(commitOrder[middle]!) <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}

function changedFile(): HoldfastError {
  return new HoldfastError('RECORD_INVALID', 'a record is not where it was when the file was opened', {
    hint: 'The file was changed meanwhile: serve a copy that nobody writes to.',
  });
}
