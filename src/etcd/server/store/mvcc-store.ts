import { HoldfastError } from '../../../base/index.ts';
import type { Database } from '../../../formats/bbolt/index.ts';
import {
  type AlarmRecord,
  decodeRole,
  decodeUser,
  type KeyValue,
  type KeyValueStoreFile,
  type LeaseRecord,
  type RoleRecord,
  type UserRecord,
} from '../../../formats/mvcc/index.ts';
import { CompactionHashes } from './compaction-hashes.ts';
import { commitsFrom, keyFilter } from './history.ts';
import { compacted, future, type KeySpace } from './key-space.ts';
import { LeaseAttachments } from './lease-attachments.ts';
import { ChangingRows, metaRows, readFacts } from './other-buckets.ts';
import { type BaseSurvivors, baseSurvivors, PhysicalRows } from './physical-rows.ts';
import { PresentState } from './present-state.ts';
import { keyText } from './sorted-keys.ts';
import { snapshotOf } from './snapshot.ts';
import type {
  EtcdStore,
  StoreCommit,
  StoreFacts,
  StoreHash,
  StoreRange,
  StoreRangeResult,
  StoreRecords,
  StoreSnapshot,
  WriteTransaction,
} from './store.ts';
import { hashEverythingSteps, hashState, inSlices } from './store-hash.ts';
import { SpaceTransaction } from './transaction.ts';

export interface MvccStoreParts {
  readonly database: Database;
  /** The database, or that with what a log adds. */
  readonly content: KeyValueStoreFile;
  readonly space: KeySpace;
  /** Up to here compactions were carried out in the file itself. */
  readonly finishedCompaction: bigint;
  /** Pages of the database that are not free; undefined when that is not known. */
  readonly usedPages: number | undefined;
  readonly readOnly: boolean;
}

export class MvccStore implements EtcdStore {
  readonly readOnly: boolean;
  readonly facts: StoreFacts;
  readonly attachments = new LeaseAttachments();
  readonly #parts: MvccStoreParts;
  readonly #space: KeySpace;
  readonly #changing: ChangingRows;
  readonly #hashes = new CompactionHashes();
  readonly #listeners = new Set<(commit: StoreCommit) => void>();
  #survivors: { readonly of: bigint; readonly bits: BaseSurvivors };
  #transaction: WriteTransaction | undefined;

  constructor(parts: MvccStoreParts) {
    this.#parts = parts;
    this.#space = parts.space;
    this.readOnly = parts.readOnly;
    this.facts = readFacts(parts.database, parts.content, parts.usedPages);
    this.#changing = new ChangingRows(parts.content);
    this.#survivors = { of: parts.finishedCompaction, bits: undefined };
  }

  get currentRevision(): bigint {
    return this.#space.currentRevision;
  }

  get compactRevision(): bigint {
    return this.#space.compactRevision;
  }

  range(query: StoreRange): StoreRangeResult {
    return this.#space.range(query);
  }

  records(query: StoreRange): StoreRecords {
    return this.#space.records(query);
  }

  previous(key: Uint8Array, beforeRevision: bigint): KeyValue | undefined {
    return this.#space.previous(key, beforeRevision);
  }

  begin(): WriteTransaction {
    this.#mustBeWritable();
    if (this.#transaction !== undefined) throw new Error('another transaction is still open');
    this.#transaction = new SpaceTransaction(this.#space, (commit) => this.#ended(commit));
    return this.#transaction;
  }

  compact(revision: bigint): void {
    this.#mustBeWritable();
    const previous = this.compactRevision;
    if (revision <= previous) throw compacted(revision);
    if (revision > this.currentRevision) throw future(revision);
    this.#hashes.add({ revision, previous, state: this.#rowsAlone() });
    this.#space.compact(revision);
  }

  changes(from: bigint, key: Uint8Array, rangeEnd?: Uint8Array): Iterable<StoreCommit> {
    return commitsFrom(this.#space, from, keyFilter(key, rangeEnd));
  }

  onCommit(listener: (commit: StoreCommit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async hashKv(revision: bigint): Promise<StoreHash> {
    const kept = this.#hashes.find(revision);
    if (kept !== undefined) return await hashState(kept.state, revision, kept.previous);
    if (revision > 0n && revision < this.compactRevision) throw compacted(revision);
    if (revision > this.currentRevision) throw future(revision);
    const at = revision === 0n ? this.currentRevision : revision;
    return await hashState(this.#present(), at, this.compactRevision);
  }

  async hash(): Promise<number> {
    return await inSlices(hashEverythingSteps(this.#present()));
  }

  leases(): Iterable<LeaseRecord> {
    return [...this.#changing.leases.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  hasLease(id: bigint): boolean {
    return this.#changing.leases.has(id);
  }

  leaseKeys(id: bigint): readonly Uint8Array[] {
    return this.attachments.keysOf(id);
  }

  saveLease(lease: LeaseRecord): void {
    this.#mustBeWritable();
    this.#changing.leases.set(lease.id, lease);
  }

  removeLease(id: bigint): void {
    this.#mustBeWritable();
    this.#changing.leases.delete(id);
    this.attachments.forget(id);
  }

  alarms(): readonly AlarmRecord[] {
    return this.#changing.alarms();
  }

  saveAlarm(alarm: AlarmRecord): void {
    this.#mustBeWritable();
    this.#changing.saveAlarm(alarm);
  }

  removeAlarm(alarm: AlarmRecord): void {
    this.#mustBeWritable();
    this.#changing.removeAlarm(alarm);
  }

  users(): readonly UserRecord[] {
    return this.#valuesOf('authUsers').map(decodeUser);
  }

  roles(): readonly RoleRecord[] {
    return this.#valuesOf('authRoles').map(decodeRole);
  }

  async snapshot(): Promise<StoreSnapshot> {
    return await snapshotOf(this.#present(), this.#parts.database.pageSize);
  }

  #valuesOf(bucket: string): Uint8Array[] {
    return [...(this.#parts.content.bucket(bucket)?.entries() ?? [])].map(({ value }) => value);
  }

  #ended(commit: StoreCommit | undefined): void {
    this.#transaction = undefined;
    if (commit === undefined) return;
    for (const { kind, kv } of commit.events) {
      this.attachments.set(keyText(kv.key), kind === 'put' ? kv.lease : 0n);
    }
    for (const listener of [...this.#listeners]) listener(commit);
  }

  #mustBeWritable(): void {
    if (!this.readOnly) return;
    throw new HoldfastError('STORE_READ_ONLY', 'what is served is read-only');
  }

  /** The state of this moment; nothing that happens later shows in it. */
  #present(): PresentState {
    const { content } = this.#parts;
    const { base, overlay } = this.#space;
    return new PresentState({
      content,
      rows: new PhysicalRows(base, this.#survivorsNow(), overlay.rows),
      changed: {
        meta: metaRows(content, this.compactRevision),
        lease: this.#changing.leaseRows(),
        alarm: this.#changing.alarmRows(),
      },
    });
  }

  /** Of `#present` what a hash of the key space needs. */
  #rowsAlone(): PresentState {
    const { base, overlay } = this.#space;
    return new PresentState({
      content: { buckets: () => [], bucket: () => undefined },
      rows: new PhysicalRows(base, this.#survivorsNow(), overlay.rows),
      changed: { meta: [], lease: [], alarm: [] },
    });
  }

  #survivorsNow(): BaseSurvivors {
    const { base, overlay } = this.#space;
    if (this.#survivors.of < this.compactRevision) {
      const bits = baseSurvivors(base, overlay, this.compactRevision);
      this.#survivors = { of: this.compactRevision, bits };
    }
    return this.#survivors.bits;
  }
}
