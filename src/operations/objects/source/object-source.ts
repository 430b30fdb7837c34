import type { KeyRange } from '../../../formats/mvcc/index.ts';

/** A key that lives at the source's revision, with the facts of its row; its value is read when it is asked for. */
export interface SourceKey {
  /** A view of the index or of an answer: it stays valid, and nobody writes to it. */
  readonly key: Uint8Array;
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  readonly version: bigint;
  /** Bytes of the stored record: key, value and facts together. Of a live etcd, 0: it is not told without the value. */
  readonly recordBytes: number;
  /** Where the source finds the row again; means nothing to others. */
  readonly row: number;
}

/** A key with its value. */
export interface SourceEntry {
  readonly key: SourceKey;
  /** The caller's own. */
  readonly value: Uint8Array;
  /** 0 without a lease. */
  readonly lease: bigint;
}

/** One change of a key. */
export interface SourceRevision {
  readonly modRevision: bigint;
  /** Of the revision in its transaction; with `modRevision` it orders all changes. Of a live etcd, 0. */
  readonly sub: bigint;
  /** 0 for a deletion, as `version` is. */
  readonly createRevision: bigint;
  readonly version: bigint;
  readonly deleted: boolean;
  /** 0 without a lease. */
  readonly lease: bigint;
  /** Absent for a deletion. */
  readonly value?: Uint8Array;
}

/** A row of the whole history without its value. */
export interface SourceRow {
  /** A view, as in `SourceKey`. */
  readonly key: Uint8Array;
  readonly modRevision: bigint;
  readonly deleted: boolean;
  readonly recordBytes: number;
  /** Whether it is what the key is at the source's revision. */
  readonly isLive: boolean;
}

/** Where keys and values come from: a snapshot, a database, a data dir with its log, or a live etcd, at one revision. */
export interface ObjectSource extends AsyncDisposable {
  readonly kind: 'file' | 'data-dir' | 'live';
  /** For messages: the path, or the endpoints. */
  readonly description: string;
  /** Storage prefixes found in it, or the one that was given: `/registry`. Without a slash at the end. */
  readonly prefixes: readonly string[];
  /** The revision that is looked at: the current one, or the one that was asked for. */
  readonly revision: bigint;
  /** The newest that it has. */
  readonly currentRevision: bigint;
  /** Revisions below it may be gone; -1 when it was never compacted, or a live etcd does not tell. */
  readonly compactRevision: bigint;
  /** Keys that live at the revision, in byte order. */
  keys(range?: KeyRange): AsyncIterable<SourceKey>;
  /** The same with their values. Memory does not grow with the range. */
  entries(range?: KeyRange): AsyncIterable<SourceEntry>;
  /** One key, if it lives at the revision. */
  find(key: Uint8Array): Promise<SourceKey | undefined>;
  /** The stored value of a key at that revision: the caller's own. */
  value(key: SourceKey): Promise<Uint8Array>;
  /** The same with what else is stored. */
  entry(key: SourceKey): Promise<SourceEntry>;
  /** Every revision that the source still holds of one key, up to the revision looked at, oldest first. */
  history(key: Uint8Array): Promise<readonly SourceRevision[]>;
  /**
   * Every row up to the revision, grouped by key in byte order, oldest first in each: for statistics. Of a live etcd
   * only what lives: it does not tell the rest.
   */
  rows(range?: KeyRange): AsyncIterable<SourceRow>;
  /** The living keys that were changed last, newest first. */
  newest(count: number): Promise<readonly SourceKey[]>;
}
