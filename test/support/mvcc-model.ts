/**
 * A small model of etcd's store: it writes the rows that a server would write, and compacts them as a server would.
 * Kept apart from the code under test and written for plainness: every rule as the definition says it.
 */
import { compareBytes, utf8 } from '../../src/base/index.ts';
import {
  encodeCompactionMark,
  encodeKeyValue,
  encodeRevision,
  encodeTombstone,
  type StoreEntry,
} from '../../src/formats/mvcc/index.ts';
import type { Rows } from './memory-store.ts';

export interface Change {
  readonly key: string;
  /** Deletes when undefined. */
  readonly value: string | undefined;
  readonly lease?: bigint;
}

export interface ModelRow {
  readonly main: bigint;
  readonly sub: bigint;
  readonly tombstone: boolean;
  readonly key: string;
  readonly create: bigint;
  readonly version: bigint;
  readonly value: string;
  readonly lease: bigint;
}

export class MvccModel {
  rows: ModelRow[] = [];
  current = 1n;
  scheduled: bigint | undefined;
  finished: bigint | undefined;

  /** One write transaction; changes that change nothing write nothing. Each key at most once. */
  apply(changes: readonly Change[]): void {
    const main = this.current + 1n;
    let sub = 0n;
    for (const change of changes) {
      const live = this.live(change.key);
      if (change.value === undefined && live === undefined) continue;
      this.rows.push({
        main,
        sub: sub++,
        tombstone: change.value === undefined,
        key: change.key,
        create: live?.create ?? main,
        version: (live?.version ?? 0n) + 1n,
        value: change.value ?? '',
        lease: change.lease ?? 0n,
      });
    }
    if (sub > 0n) this.current = main;
  }

  /** The row that a key has now, or undefined. */
  live(key: string): ModelRow | undefined {
    const newest = this.rows.findLast((row) => row.key === key);
    return newest === undefined || newest.tombstone ? undefined : newest;
  }

  /** Compacts up to and including a revision; newer releases keep a tombstone that lies exactly there. */
  compact(main: bigint, keepTombstone: boolean): void {
    const keep = new Set<ModelRow>();
    for (const key of new Set(this.rows.map((row) => row.key))) {
      const newest = this.rows.findLast((row) => row.key === key && row.main <= main);
      if (newest === undefined) continue;
      if (!newest.tombstone || (keepTombstone && newest.main === main)) keep.add(newest);
    }
    this.rows = this.rows.filter((row) => row.main > main || keep.has(row));
    this.scheduled = main;
    this.finished = main;
  }

  /** The rows as they lie in bucket `key`. */
  entries(): StoreEntry[] {
    return this.rows
      .map((row) => ({
        key: encodeRevision(row),
        value: row.tombstone
          ? encodeTombstone(utf8(row.key))
          : encodeKeyValue({
              key: utf8(row.key),
              createRevision: row.create,
              modRevision: row.main,
              version: row.version,
              value: utf8(row.value),
              lease: row.lease,
            }),
      }))
      .sort((a, b) => compareBytes(a.key, b.key));
  }

  /** A whole store with these rows, as a fresh etcd 3.5 would lay it out. */
  store(): Rows {
    const marks: StoreEntry[] = [];
    const mark = (name: string, main: bigint | undefined) => {
      if (main !== undefined) marks.push({ key: utf8(name), value: encodeCompactionMark(main) });
    };
    mark('scheduledCompactRev', this.scheduled);
    mark('finishedCompactRev', this.finished);
    return {
      alarm: [],
      auth: [{ key: utf8('authRevision'), value: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1) }],
      authRoles: [],
      authUsers: [],
      cluster: [{ key: utf8('clusterVersion'), value: utf8('3.5.0') }],
      key: this.entries(),
      lease: [],
      members: [],
      members_removed: [],
      meta: [
        { key: utf8('consistent_index'), value: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7) },
        { key: utf8('term'), value: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 2) },
        ...marks,
      ],
    };
  }
}
