/**
 * Base and overlay as one key space: which keys live at a revision, in order, and which row each of them is.
 */
import type { KeyValue } from '../../../formats/mvcc/index.ts';
import type { BaseRows } from './base-rows.ts';
import { newestUpTo, type Overlay, type OverlayKey, type OverlayRow } from './overlay.ts';
import { keyText } from './sorted-keys.ts';

/** A live key: a row of the overlay, or a row number of the base. */
export type LiveRow = OverlayRow | number;

/** Told of each live key in order, with its rank if the row is one of the base; returning false ends the walk. */
export type LiveVisitor = (row: LiveRow, rank: number) => boolean;

/** Keys from `from` on, up to but not including `to`; without `to` to the end. */
export interface KeySpan {
  readonly from: Uint8Array;
  readonly to: Uint8Array | undefined;
}

const zeroByte = 0;

/** What etcd means by a key and a range end; undefined for the one key. */
export function keySpan(key: Uint8Array, rangeEnd: Uint8Array | undefined): KeySpan | undefined {
  if (rangeEnd === undefined || rangeEnd.length === 0) return undefined;
  const isOpen = rangeEnd.length === 1 && rangeEnd[0] === zeroByte;
  return { from: key, to: isOpen ? undefined : rangeEnd };
}

export class LiveKeys {
  readonly #base: BaseRows;
  readonly #overlay: Overlay;

  constructor(base: BaseRows, overlay: Overlay) {
    this.#base = base;
    this.#overlay = overlay;
  }

  /** The row of one key at a revision; undefined when it does not live then. */
  find(key: Uint8Array, revision: bigint): LiveRow | undefined {
    let found: LiveRow | undefined;
    this.visitOne(key, revision, (row) => {
      found = row;
      return false;
    });
    return found;
  }

  /** Visits one key, if it lives at a revision. */
  visitOne(key: Uint8Array, revision: bigint, visit: LiveVisitor): void {
    const written = this.#overlay.keys.get(keyText(key));
    const newest = written && newestUpTo(written.versions, revision);
    if (newest !== undefined) {
      if (!newest.revision.tombstone) visit(newest, written!.rank);
      return;
    }
    const rank = this.#base.index.find(key);
    if (rank === undefined) return;
    const row = this.#base.index.liveRowAt(rank, this.#base.boundAt(revision));
    if (row >= 0) visit(row, rank);
  }

  /** Visits the live keys of a span in order. No record is read. */
  walk({ from, to }: KeySpan, revision: bigint, visit: LiveVisitor): void {
    const { index } = this.#base;
    const end = to === undefined ? index.keyCount : index.lowerBound(to);
    const bound = this.#base.boundAt(revision);
    const written = this.#overlay.keys.range(keyText(from), to && keyText(to));
    let next = written.next().value;
    for (let rank = index.lowerBound(from); rank < end; rank++) {
      // Keys that only the overlay has come before the base's key of the same rank.
      for (; next !== undefined && isBefore(next, rank); next = written.next().value)
        if (!visitWritten(next, revision, visit)) return;
      let row: LiveRow = index.liveRowAt(rank, bound);
      if (next?.rank === rank) {
        const newest = newestUpTo(next.versions, revision);
        if (newest !== undefined) row = newest.revision.tombstone ? -1 : newest;
        next = written.next().value;
      }
      if (row !== -1 && !visit(row, rank)) return;
    }
    for (; next !== undefined; next = written.next().value) if (!visitWritten(next, revision, visit)) return;
  }

  /** How many keys of a span live now. They are not looked at one by one. */
  countNow({ from, to }: KeySpan): number {
    const { index } = this.#base;
    const end = to === undefined ? index.keyCount : index.lowerBound(to);
    const before = this.#base.countInTheEnd(index.lowerBound(from), end);
    return before + this.#overlay.keys.weightOf(keyText(from), to && keyText(to));
  }

  keyValue(row: LiveRow): KeyValue {
    return typeof row === 'number' ? this.#base.keyValue(row) : row.kv;
  }

  /** Create revision and version, without reading the record. */
  facts(row: LiveRow): Pick<KeyValue, 'createRevision' | 'version'> {
    if (typeof row !== 'number') return row.kv;
    const { index } = this.#base;
    return { createRevision: index.createRevision(row), version: BigInt(index.parts.version[row]!) };
  }
}

function isBefore(key: OverlayKey, rank: number): boolean {
  return key.rank < rank || (key.rank === rank && !key.isInBase);
}

function visitWritten(key: OverlayKey, revision: bigint, visit: LiveVisitor): boolean {
  const newest = newestUpTo(key.versions, revision);
  return newest === undefined || newest.revision.tombstone || visit(newest, key.rank);
}
