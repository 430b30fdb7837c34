/**
 * The key space of a store: revisions, reads at any of them, and the rows that a transaction adds.
 *
 * Source: etcd server/storage/mvcc/{kvstore,kvstore_txn,index}.go (3.6.16).
 */
import { HoldfastError } from '../../../base/index.ts';
import type { KeyValue, StoreRevision } from '../../../formats/mvcc/index.ts';
import { BaseRows } from './base-rows.ts';
import { keySpan, LiveKeys, type LiveRow, type LiveVisitor } from './live-keys.ts';
import { LiveRecords } from './live-records.ts';
import { Overlay, type OverlayRow } from './overlay.ts';
import type { StoreRange, StoreRangeResult, StoreRecords } from './store.ts';

export class KeySpace {
  readonly base: BaseRows;
  readonly overlay: Overlay;
  readonly live: LiveKeys;
  currentRevision: bigint;
  compactRevision: bigint;

  constructor(base: BaseRows, revision: Pick<StoreRevision, 'current' | 'compact'>) {
    this.base = base;
    this.overlay = new Overlay(base);
    this.live = new LiveKeys(base, this.overlay);
    this.currentRevision = revision.current;
    this.compactRevision = revision.compact;
  }

  /** Throws REVISION_COMPACTED, REVISION_FUTURE. @param current the newest revision that the caller sees */
  range(query: StoreRange, current = this.currentRevision): StoreRangeResult {
    const { rows, count } = this.#select(query, current);
    return { kvs: rows.map((row) => this.live.keyValue(row)), count, revision: current };
  }

  /** `range` with the keys as encoded records. */
  records(query: StoreRange): StoreRecords {
    const { rows, count } = this.#select(query, this.currentRevision);
    return new LiveRecords(this.base, rows, { count, revision: this.currentRevision });
  }

  #select(query: StoreRange, current: bigint): { readonly rows: readonly LiveRow[]; readonly count: number } {
    const revision = this.#readRevision(query.revision ?? 0n, current);
    const wanted = query.countOnly === true ? 0 : (query.limit ?? 0) <= 0 ? Infinity : query.limit!;
    const span = keySpan(query.key, query.rangeEnd);
    // All that is written is visible at the current revision, which is not below the last one of the base.
    const known = span !== undefined && revision === current ? span : undefined;
    const rows: LiveRow[] = [];
    let count = 0;
    if (known === undefined || wanted > 0)
      this.walk(query.key, query.rangeEnd, revision, (row) => {
        if (count++ < wanted) rows.push(row);
        return known === undefined || count < wanted;
      });
    return { rows, count: known !== undefined && count >= wanted ? this.live.countNow(known) : count };
  }

  /** Visits the live keys that a request means. */
  walk(key: Uint8Array, rangeEnd: Uint8Array | undefined, revision: bigint, visit: LiveVisitor): void {
    const span = keySpan(key, rangeEnd);
    if (span === undefined) this.live.visitOne(key, revision, visit);
    else this.live.walk(span, revision, visit);
  }

  previous(key: Uint8Array, beforeRevision: bigint): KeyValue | undefined {
    const revision = beforeRevision - 1n;
    if (revision < 1n || revision < this.compactRevision) return undefined;
    const row = this.live.find(key, revision);
    return row === undefined ? undefined : this.live.keyValue(row);
  }

  /** Moves the compact revision. Returns the written rows as they were before. */
  compact(revision: bigint): readonly OverlayRow[] {
    if (revision <= this.compactRevision) throw compacted(revision);
    if (revision > this.currentRevision) throw future(revision);
    this.compactRevision = revision;
    return this.overlay.compact(revision);
  }

  #readRevision(requested: bigint, current: bigint): bigint {
    if (requested > current) throw future(requested);
    const revision = requested <= 0n ? current : requested;
    if (revision < this.compactRevision) throw compacted(requested);
    return revision;
  }
}

export function compacted(revision: bigint): HoldfastError {
  return new HoldfastError('REVISION_COMPACTED', 'mvcc: required revision has been compacted', {
    details: { revision: String(revision) },
  });
}

export function future(revision: bigint): HoldfastError {
  return new HoldfastError('REVISION_FUTURE', 'mvcc: required revision is a future revision', {
    details: { revision: String(revision) },
  });
}
