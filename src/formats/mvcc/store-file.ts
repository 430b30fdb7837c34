/**
 * What this room needs of a store: named buckets of ordered rows. An open bbolt database satisfies it, and so does a
 * data dir whose write-ahead log is laid over its database.
 */
export interface KeyValueStoreFile {
  /** All root buckets in byte order of their names. */
  buckets(): Iterable<StoreBucket>;
  bucket(name: string | Uint8Array): StoreBucket | undefined;
}

/** Rows in ascending unsigned byte order of their keys. */
export interface StoreBucket {
  readonly name: Uint8Array;
  /** Rows from the first key that is not below `from`, or all. */
  entries(from?: Uint8Array): Iterable<StoreEntry>;
  /** All rows, each of which holds only until the next is asked for; where it exists it saves memory. */
  scan?(): Iterable<StoreEntry>;
  get(key: Uint8Array): Uint8Array | undefined;
  last(): StoreEntry | undefined;
}

/** One row. Both are views that stay valid while they are referenced; nobody writes to them. */
export interface StoreEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** All rows of a bucket for one look at each: a row holds only until the next is asked for. */
export function scanRows(bucket: StoreBucket): Iterable<StoreEntry> {
  return bucket.scan?.() ?? bucket.entries();
}
