/** Which rows a compaction would keep: the newest of each key, unless the key is deleted there. */
import type { Uint32Column } from './columns.ts';

/** States of a user key while its rows pass by; other values are the number of its newest live row, plus 1. */
export const keyState = { deleted: 0, closed: 0xffff_ffff } as const;

export interface KeyRow {
  readonly row: number;
  readonly tombstone: boolean;
  /** Its main revision is that of the compaction. */
  readonly atUpper: boolean;
  /** It is the first of its key. */
  readonly isNew: boolean;
}

/** Takes a row of a key into account. */
export function noteKeyRow(states: Uint32Column, id: number, note: KeyRow): void {
  const state = states.get(id);
  if (state === keyState.closed) return;
  if (!note.tombstone) states.set(id, note.row + 1);
  else if (state !== keyState.deleted || note.isNew) {
    // A generation that ends at R itself is the one that counts, whatever comes after it in the same transaction.
    states.set(id, note.atUpper ? keyState.closed : keyState.deleted);
  }
}

/** One bit for each row, in row order, set for those that are kept; and how many these are. */
export function keptRowBits(
  columns: readonly Uint32Column[],
  rows: number,
): { readonly bits: Uint8Array; readonly count: number } {
  const bits = new Uint8Array(Math.ceil(rows / 8));
  let count = 0;
  for (const states of columns) {
    for (let id = 0; id < states.length; id++) {
      const state = states.get(id);
      if (state === keyState.deleted || state === keyState.closed) continue;
      bits[(state - 1) >>> 3]! |= 1 << ((state - 1) & 7);
      count++;
    }
  }
  return { bits, count };
}
