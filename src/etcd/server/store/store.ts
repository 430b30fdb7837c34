/**
 * A database as a living store: what was in it, and what has been written since, in memory. The file is never touched.
 *
 * Errors of every call: REVISION_COMPACTED and REVISION_FUTURE with etcd's texts, STORE_READ_ONLY; DATABASE_CORRUPT,
 * RECORD_INVALID and FILE_NOT_READABLE when the file below is not what it was.
 *
 * Source: etcd server/storage/mvcc/{kv,kvstore,kvstore_txn,watchable_store}.go (3.6.16).
 */
import type { Database } from '../../../formats/bbolt/index.ts';
import type {
  AlarmRecord,
  KeyValue,
  KeyValueStoreFile,
  LeaseRecord,
  MemberRecord,
  RoleRecord,
  UserRecord,
} from '../../../formats/mvcc/index.ts';

/** Which keys, and what of them. */
export interface StoreRange {
  readonly key: Uint8Array;
  /** Absent or empty: the one key. A single zero byte: every key from `key` on. */
  readonly rangeEnd?: Uint8Array | undefined;
  /** 0 (the default) or less: the current one. */
  readonly revision?: bigint;
  /** Most keys to return; 0 (the default) for all. */
  readonly limit?: number;
  /** Only `count` is wanted: no record is read. */
  readonly countOnly?: boolean;
}

export interface StoreRangeResult {
  /** In ascending order of their keys. Bytes may be views of the store's own: not to be written to. */
  readonly kvs: readonly KeyValue[];
  /** Keys in the range at that revision, whatever the limit. */
  readonly count: number;
  /** The current revision, not the one that was asked for. */
  readonly revision: bigint;
}

/** What a range finds, as the records that etcd stores: encoded messages `mvccpb.KeyValue`. */
export interface StoreRecords extends Omit<StoreRangeResult, 'kvs'> {
  /** Their sizes, in ascending order of the keys. */
  sizes(): readonly number[];
  /** Copies the record of that place in the order; `target` has its size. */
  copyTo(target: Uint8Array, number: number): void;
}

export interface StoreEvent {
  readonly kind: 'put' | 'delete';
  /** Of a deletion: key and modRevision only. */
  readonly kv: KeyValue;
  /** Number of the change within its transaction. */
  readonly sub: number;
}

/** All changes of one revision, in their order. */
export interface StoreCommit {
  readonly revision: bigint;
  readonly events: readonly StoreEvent[];
}

/** Changes that become visible together, under one revision. One at a time; nothing may be awaited while it is open. */
export interface WriteTransaction {
  /** The revision that reads see: that of the store, one more as soon as something was changed. */
  readonly revision: bigint;
  readonly changeCount: number;
  /** Until commit or rollback. */
  readonly isOpen: boolean;
  /** Sees the transaction's own changes. */
  range(query: StoreRange): StoreRangeResult;
  /** Neither key nor value is copied: the caller leaves them alone. The lease is attached as given, 0 for none. */
  put(key: Uint8Array, value: Uint8Array, lease: bigint): KeyValue;
  /** Returns the number of keys deleted. */
  deleteRange(key: Uint8Array, rangeEnd?: Uint8Array): number;
  /** Makes the changes visible and tells the listeners. Without changes the revision stays and nobody is told. */
  commit(): StoreCommit;
  rollback(): void;
}

export interface StoreHash {
  /** Unsigned 32-bit. */
  readonly hash: number;
  /** -1 when the store was never compacted. */
  readonly compactRevision: bigint;
  readonly hashRevision: bigint;
}

export interface StoreSnapshot {
  /** Size of the database without the digest. */
  readonly databaseBytes: number;
  /** Size of all pieces: database and SHA-256 digest. */
  readonly sizeBytes: number;
  /** The database, then the 32 bytes of its digest as a piece of their own. A piece holds until the next is asked for. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** What the other buckets of the file say. */
export interface StoreFacts {
  /** Applied raft index; 0 when the file has none. */
  readonly consistentIndex: bigint;
  /** Raft term of it; 0 when the file has none. */
  readonly term: bigint;
  /** As stored, such as `3.6.0`; undefined before etcd 3.6. */
  readonly storageVersion: string | undefined;
  /** As stored, such as `3.5.0`. */
  readonly clusterVersion: string | undefined;
  /** In order of their ids. */
  readonly members: readonly MemberRecord[];
  readonly authEnabled: boolean;
  /** 0 when the file has none. */
  readonly authRevision: bigint;
  /** Size of the database in the file. */
  readonly databaseBytes: number;
  /** Without the free pages in it. */
  readonly usedBytes: number;
}

export interface EtcdStore {
  readonly currentRevision: bigint;
  /** -1 when the store was never compacted. */
  readonly compactRevision: bigint;
  readonly readOnly: boolean;
  readonly facts: StoreFacts;
  range(query: StoreRange): StoreRangeResult;
  /** `range` for those who pass on what is stored. */
  records(query: StoreRange): StoreRecords;
  /** The key as it was right before a revision; undefined when it did not exist then or that is compacted away. */
  previous(key: Uint8Array, beforeRevision: bigint): KeyValue | undefined;
  /** Throws STORE_READ_ONLY. */
  begin(): WriteTransaction;
  /** Throws REVISION_COMPACTED when that or a later one was compacted already, REVISION_FUTURE, STORE_READ_ONLY. */
  compact(revision: bigint): void;
  /**
   * Commits from a revision on, up to the one that is current when the walk begins, with their changes to keys of the
   * range; commits without such changes are left out. A revision below the compact one is taken as the compact one.
   */
  changes(from: bigint, key: Uint8Array, rangeEnd?: Uint8Array): Iterable<StoreCommit>;
  /** Calls the listener right after each commit, in order. Returns what ends that. */
  onCommit(listener: (commit: StoreCommit) => void): () => void;
  /** HashKV; revision 0 for the current one. Works in slices; writes in between do not disturb it. */
  hashKv(revision: bigint): Promise<StoreHash>;
  /** Hash of everything, as Maintenance.Hash has it. Works in slices. */
  hash(): Promise<number>;
  /** Leases as stored, in order of their ids. */
  leases(): Iterable<LeaseRecord>;
  hasLease(id: bigint): boolean;
  /** Keys attached to a lease, in ascending order. */
  leaseKeys(id: bigint): readonly Uint8Array[];
  /** Throws STORE_READ_ONLY. */
  saveLease(lease: LeaseRecord): void;
  /** Its keys stay and are attached to nothing. Throws STORE_READ_ONLY. */
  removeLease(id: bigint): void;
  alarms(): readonly AlarmRecord[];
  /** Throws STORE_READ_ONLY. */
  saveAlarm(alarm: AlarmRecord): void;
  /** Throws STORE_READ_ONLY. */
  removeAlarm(alarm: AlarmRecord): void;
  /** In order of their names. Their passwords are secrets. */
  users(): readonly UserRecord[];
  /** In order of their names. */
  roles(): readonly RoleRecord[];
  /** A compact database of the present state, built while it is read; later writes are not in it. */
  snapshot(): Promise<StoreSnapshot>;
}

export interface OpenStoreOptions {
  /** The database; its source belongs to the caller, who keeps it open as long as the store is in use. */
  readonly database: Database;
  /** The same with what a write-ahead log adds to it (`DataDir.store`); without it the database alone. */
  readonly content?: KeyValueStoreFile;
  /** Whether it can be written to, in memory. */
  readonly writable: boolean;
  /** The revision to show as the current one, all later ones left out; 0 or none for the newest. */
  readonly at?: bigint;
}
