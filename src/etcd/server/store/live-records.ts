import { encodeKeyValue, type KeyValue } from '../../../formats/mvcc/index.ts';
import type { BaseRows } from './base-rows.ts';
import type { LiveRow } from './live-keys.ts';
import type { StoreRangeResult, StoreRecords } from './store.ts';

/**
 * Records of living keys: those of the file as they lie there, those written since as they would. They are read and
 * made when they are asked for, whatever was written or compacted in between.
 */
export class LiveRecords implements StoreRecords {
  readonly count: number;
  readonly revision: bigint;
  readonly #base: BaseRows;
  readonly #rows: readonly LiveRow[];

  constructor(
    base: BaseRows,
    rows: readonly LiveRow[],
    { count, revision }: Pick<StoreRangeResult, 'count' | 'revision'>,
  ) {
    this.#base = base;
    this.#rows = rows;
    this.count = count;
    this.revision = revision;
  }

  sizes(): number[] {
    return this.#rows.map((row) => (typeof row === 'number' ? this.#base.recordBytes(row) : sizeOf(row.kv)));
  }

  copyTo(target: Uint8Array, number: number): void {
    const row = this.#rows[number]!;
    if (typeof row === 'number') this.#base.copyRecord(row, target);
    else target.set(encodeKeyValue(row.kv));
  }
}

const nothing = new Uint8Array(0);

/** Size of an encoded record. The value is not copied for it. */
function sizeOf(kv: KeyValue): number {
  const { length } = kv.value;
  const rest = encodeKeyValue({ ...kv, value: nothing }).length;
  if (length === 0) return rest;
  let prefixBytes = 2;
  for (let left = length >>> 7; left > 0; left >>>= 7) prefixBytes++;
  return rest + prefixBytes + length;
}
