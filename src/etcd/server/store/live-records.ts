import { encodeKeyValue } from '../../../formats/mvcc/index.ts';
import type { BaseRows } from './base-rows.ts';
import type { LiveRow } from './live-keys.ts';
import type { StoreRangeResult, StoreRecords } from './store.ts';

/** Records of living keys: those of the file as they lie there, those written since as they would. */
export class LiveRecords implements StoreRecords {
  readonly count: number;
  readonly revision: bigint;
  readonly #base: BaseRows;
  readonly #rows: readonly (number | Uint8Array)[];

  constructor(
    base: BaseRows,
    rows: readonly LiveRow[],
    { count, revision }: Pick<StoreRangeResult, 'count' | 'revision'>,
  ) {
    this.#base = base;
    this.#rows = rows.map((row) => (typeof row === 'number' ? row : encodeKeyValue(row.kv)));
    this.count = count;
    this.revision = revision;
  }

  sizes(): number[] {
    return this.#rows.map((row) => (typeof row === 'number' ? this.#base.recordBytes(row) : row.length));
  }

  copyTo(target: Uint8Array, number: number): void {
    const row = this.#rows[number]!;
    if (typeof row === 'number') this.#base.copyRecord(row, target);
    else target.set(row);
  }
}
