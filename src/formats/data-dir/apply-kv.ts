/**
 * Puts, deletions, transactions and compactions on top of a store, with etcd's revisions.
 *
 * Source: etcd server/etcdserver/txn/txn.go, server/storage/mvcc/{kvstore,kvstore_txn}.go (3.6.14);
 * etcdserver/apply.go (3.4.13).
 */
import { compareBytes, utf8 } from '../../base/index.ts';
import {
  decodeKeyValue,
  encodeCompactionMark,
  encodeKeyValue,
  encodeRevision,
  encodeTombstone,
  metaKeys,
  readStoreRevision,
} from '../mvcc/index.ts';
import {
  type Compare,
  compareResults,
  compareTargets,
  type KeyRangeRequest,
  type PutRequest,
  type RangeRequest,
  type RequestOp,
  type TxnRequest,
} from './kv-requests.ts';
import type { LiveKey, LiveKeys } from './live-keys.ts';
import { keyToText, type OverlayStore, textToKey } from './overlay-store.ts';
import { textRange } from './wanted-keys.ts';

/** The key space while entries are applied. A request that etcd would refuse changes nothing. */
export class KeyValueState {
  readonly #store: OverlayStore;
  readonly #live: LiveKeys;
  readonly #leaseExists: (id: bigint) => boolean;
  #currentRevision: bigint;
  #compactRevision: bigint;
  /** Changes made by the transaction under way. */
  #changes = 0n;

  constructor(store: OverlayStore, live: LiveKeys, leaseExists: (id: bigint) => boolean) {
    this.#store = store;
    this.#live = live;
    this.#leaseExists = leaseExists;
    const { current, compact } = readStoreRevision(store);
    this.#currentRevision = current;
    this.#compactRevision = compact;
  }

  /** Main revision of the last change. */
  get currentRevision(): bigint {
    return this.#currentRevision;
  }

  put(request: PutRequest): void {
    if (this.#mayPut(request)) this.#inTransaction(() => this.#put(request));
  }

  deleteRange(request: KeyRangeRequest): void {
    this.#inTransaction(() => this.#deleteRange(request));
  }

  /** Deletes the keys attached to a lease, in one transaction. */
  deleteKeysOfLease(id: bigint): void {
    this.#inTransaction(() => this.#live.ofLease(id).forEach((text) => this.#delete(text)));
  }

  /** Keys attached to a lease. */
  keysOfLease(id: bigint): Uint8Array[] {
    return this.#live.ofLease(id).map(textToKey);
  }

  txn(request: TxnRequest): void {
    // All compares, nested ones included, look at the state before the transaction.
    const taken = new Map<TxnRequest, readonly RequestOp[]>();
    this.#chooseBranches(request, taken);
    if (!this.#mayApply(request, taken)) return;
    this.#inTransaction(() => this.#applyBranch(request, taken));
  }

  /** Schedules a compaction; the rows stay, as they do until a server carries it out. */
  compact(revision: bigint): void {
    if (revision <= this.#compactRevision || revision > this.#currentRevision) return;
    this.#compactRevision = revision;
    const meta = this.#store.ensureBucket('meta');
    meta.put(utf8(metaKeys.scheduledCompactRevision), encodeCompactionMark(revision));
  }

  #inTransaction(work: () => void): void {
    this.#changes = 0n;
    work();
    if (this.#changes > 0n) this.#currentRevision++;
  }

  #chooseBranches(request: TxnRequest, taken: Map<TxnRequest, readonly RequestOp[]>): void {
    const succeeds = request.compare.every((compare) => this.#holds(compare));
    const ops = succeeds ? request.success : request.failure;
    taken.set(request, ops);
    for (const op of ops) if (op.kind === 'txn') this.#chooseBranches(op.txn, taken);
  }

  /** One operation that cannot be done refuses the whole transaction. */
  #mayApply(request: TxnRequest, taken: ReadonlyMap<TxnRequest, readonly RequestOp[]>): boolean {
    return taken.get(request)!.every((op) => {
      if (op.kind === 'put') return this.#mayPut(op.put);
      if (op.kind === 'range') return this.#mayRange(op.range);
      return op.kind !== 'txn' || this.#mayApply(op.txn, taken);
    });
  }

  #applyBranch(request: TxnRequest, taken: ReadonlyMap<TxnRequest, readonly RequestOp[]>): void {
    for (const op of taken.get(request)!) {
      if (op.kind === 'put') this.#put(op.put);
      else if (op.kind === 'deleteRange') this.#deleteRange(op.deleteRange);
      else if (op.kind === 'txn') this.#applyBranch(op.txn, taken);
    }
  }

  #mayPut(request: PutRequest): boolean {
    const needsKey = request.ignoreValue || request.ignoreLease;
    if (needsKey && this.#live.get(keyToText(request.key)) === undefined) return false;
    return request.lease === 0n || this.#leaseExists(request.lease);
  }

  #mayRange({ revision }: RangeRequest): boolean {
    return revision === 0n || (revision <= this.#currentRevision && revision >= this.#compactRevision);
  }

  #put(request: PutRequest): void {
    const text = keyToText(request.key);
    const before = this.#live.get(text);
    const revision = this.#currentRevision + 1n;
    const lease = request.ignoreLease ? (before?.lease ?? 0n) : request.lease;
    const record = {
      key: request.key,
      createRevision: before?.createRevision ?? revision,
      modRevision: revision,
      version: (before?.version ?? 0n) + 1n,
      value: request.ignoreValue && before !== undefined ? this.#valueOf(before) : request.value,
      lease,
    };
    const rowKey = this.#nextRow(false);
    this.#store.ensureBucket('key').put(rowKey, encodeKeyValue(record));
    const { createRevision, modRevision, version } = record;
    const attachedLease = this.#leaseExists(lease) ? lease : 0n;
    this.#live.set(text, { createRevision, modRevision, version, lease, attachedLease, rowKey });
  }

  #deleteRange(request: KeyRangeRequest): void {
    const range = textRange(request);
    const only = keyToText(request.key);
    const texts =
      range === undefined ? (this.#live.get(only) === undefined ? [] : [only]) : this.#live.inRange(range);
    for (const text of texts) this.#delete(text);
  }

  #delete(text: string): void {
    this.#store.ensureBucket('key').put(this.#nextRow(true), encodeTombstone(textToKey(text)));
    this.#live.delete(text);
  }

  /** Key of the row for the next change of the transaction under way. */
  #nextRow(tombstone: boolean): Uint8Array {
    return encodeRevision({ main: this.#currentRevision + 1n, sub: this.#changes++, tombstone });
  }

  #valueOf({ rowKey }: LiveKey): Uint8Array {
    return decodeKeyValue(this.#store.bucket('key')!.get(rowKey)!).value;
  }

  #holds(compare: Compare): boolean {
    const range = textRange(compare);
    const texts = range === undefined ? [keyToText(compare.key)] : this.#live.inRange(range);
    const keys = texts.map((text) => this.#live.get(text)).filter((state) => state !== undefined);
    // No key at all counts as one whose numbers are 0; its value is equal to none.
    if (keys.length === 0)
      return compare.target !== compareTargets.value && holdsFor(compare, undefined, undefined);
    return keys.every((state) => {
      const value = compare.target === compareTargets.value ? this.#valueOf(state) : undefined;
      return holdsFor(compare, state, value);
    });
  }
}

function holdsFor(compare: Compare, state: LiveKey | undefined, value: Uint8Array | undefined): boolean {
  const order = orderOf(compare, state, value);
  switch (compare.result) {
    case compareResults.equal:
      return order === 0;
    case compareResults.notEqual:
      return order !== 0;
    case compareResults.greater:
      return order > 0;
    case compareResults.less:
      return order < 0;
    default:
      return true;
  }
}

function orderOf(
  { target, operand }: Compare,
  state: LiveKey | undefined,
  value: Uint8Array | undefined,
): number {
  const isGiven = operand.target === target;
  if (target === compareTargets.value) {
    return compareBytes(value ?? new Uint8Array(0), isGiven ? operand.bytes : new Uint8Array(0));
  }
  const actual = numberOf(target, state);
  const wanted = isGiven ? operand.number : 0n;
  if (actual === undefined) return 0;
  return actual < wanted ? -1 : actual > wanted ? 1 : 0;
}

function numberOf(target: number, state: LiveKey | undefined): bigint | undefined {
  switch (target) {
    case compareTargets.version:
      return state?.version ?? 0n;
    case compareTargets.create:
      return state?.createRevision ?? 0n;
    case compareTargets.mod:
      return state?.modRevision ?? 0n;
    case compareTargets.lease:
      return state?.lease ?? 0n;
    default:
      return undefined;
  }
}
