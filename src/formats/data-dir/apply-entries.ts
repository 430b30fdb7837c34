/**
 * Applies committed raft entries on top of a database, as a server does when it starts: what comes out is the store
 * that the member would have had.
 *
 * Source: etcd server/etcdserver/server.go apply, applyEntryNormal (3.6.14).
 */
import { HoldfastError, utf8 } from '../../base/index.ts';
import { encodeUint64Record, type KeyValueStoreFile, metaKeys } from '../mvcc/index.ts';
import {
  decodeConfChange,
  entryTypes,
  type RaftEntry,
  readWalEntry,
  type WalEntryRef,
  type WalSegment,
} from '../wal/index.ts';
import { applyAlarm, isForbiddenByAlarm } from './apply-alarm.ts';
import { applyAuth } from './apply-auth.ts';
import { KeyValueState } from './apply-kv.ts';
import { checkpointLeases, grantLease, leaseExists, removeLease } from './apply-lease.ts';
import {
  applyClusterVersion,
  applyConfChange,
  applyDowngrade,
  applyMemberAttributes,
  readMembers,
} from './apply-members.ts';
import { LiveKeys } from './live-keys.ts';
import { type OverlayStore, overlayStore } from './overlay-store.ts';
import { isAuthEnabled, isPermitted } from './permissions.ts';
import { type DecodedRequest, decodeRaftRequest, type RaftRequest } from './raft-request.ts';
import { WantedKeys } from './wanted-keys.ts';

export interface ApplyOptions {
  readonly base: KeyValueStoreFile;
  readonly segments: readonly WalSegment[];
  /** Entries to apply, ascending and without gap, all of them newer than the base. */
  readonly entries: readonly WalEntryRef[];
  /** Up to this index they are known to be committed. */
  readonly commitIndex: bigint;
  /** The member whose log it is. */
  readonly nodeId: bigint;
}

export interface AppliedEntries {
  readonly store: KeyValueStoreFile;
  /** Number of entries applied. */
  readonly count: number;
  /** Index of the last entry applied; undefined when there was none. */
  readonly lastIndex: bigint | undefined;
  /** Users whose password was changed by an entry that does not say what is stored for it. */
  readonly lostPasswords: readonly string[];
}

/**
 * Applies entries. Those up to the commit index are applied; those behind it only while this member alone has a vote:
 * what is in its log is then committed by that. Throws RECORD_INVALID, WAL_CORRUPT.
 */
export function applyEntries(options: ApplyOptions): AppliedEntries {
  const { base, segments, entries } = options;
  if (entries.length === 0) return { store: base, count: 0, lastIndex: undefined, lostPasswords: [] };
  const store = overlayStore(base);
  const wanted = collectWanted(store, segments, entries);
  const exists = (id: bigint) => leaseExists(store, id);
  const keys = new KeyValueState(store, LiveKeys.read(base, wanted, exists), exists);
  const lostPasswords: string[] = [];
  const state: ApplyState = { store, keys, lostPasswords };
  let last: WalEntryRef | undefined;
  for (const ref of entries) {
    if (ref.index > options.commitIndex && !isOnlyVoter(store, options.nodeId)) break;
    applyEntry(state, readWalEntry(segments, ref));
    last = ref;
  }
  if (last !== undefined) saveIndex(store, last);
  const count = last === undefined ? 0 : Number(last.index - entries[0]!.index) + 1;
  return { store, count, lastIndex: last?.index, lostPasswords };
}

interface ApplyState {
  readonly store: OverlayStore;
  readonly keys: KeyValueState;
  readonly lostPasswords: string[];
}

function collectWanted(
  store: OverlayStore,
  segments: readonly WalSegment[],
  entries: readonly WalEntryRef[],
): WantedKeys {
  const wanted = new WantedKeys();
  let mayHaveAuth = isAuthEnabled(store);
  for (const ref of entries) {
    if (ref.type !== entryTypes.normal) continue;
    const { request } = decodeRaftRequest(readWalEntry(segments, ref).data);
    wanted.add(request);
    if (request.kind === 'auth' && request.auth.kind === 'enable') mayHaveAuth = true;
  }
  if (mayHaveAuth) wanted.addLeasesOfPuts();
  return wanted;
}

/** Learners have no vote. */
function isOnlyVoter(store: OverlayStore, nodeId: bigint): boolean {
  const voters = [...readMembers(store).values()].filter(({ isLearner }) => !isLearner);
  return voters.length === 1 && voters[0]!.id === nodeId;
}

function applyEntry(state: ApplyState, entry: RaftEntry): void {
  if (entry.type === entryTypes.normal) {
    applyNormal(state, decodeRaftRequest(entry.data));
  } else if (entry.type === entryTypes.confChange) {
    applyConfChange(state.store, decodeConfChange(entry.data));
  } else {
    // etcd does not write the third kind, and does not start on one.
    throw new HoldfastError('RECORD_INVALID', `raft entry ${entry.index} has the unknown type ${entry.type}`);
  }
}

function applyNormal(state: ApplyState, decoded: DecodedRequest): void {
  const { store, keys } = state;
  if (isForbiddenByAlarm(store, decoded.request)) return;
  if (!isPermitted(store, decoded, (id) => keys.keysOfLease(id))) return;
  applyRequest(state, decoded.request);
}

function applyRequest({ store, keys, lostPasswords }: ApplyState, request: RaftRequest): void {
  switch (request.kind) {
    case 'put':
      keys.put(request.put);
      return;
    case 'deleteRange':
      keys.deleteRange(request.deleteRange);
      return;
    case 'txn':
      keys.txn(request.txn);
      return;
    case 'compaction':
      keys.compact(request.revision);
      return;
    case 'leaseGrant':
      grantLease(store, request.id, request.ttlSeconds);
      return;
    case 'leaseRevoke':
      if (!leaseExists(store, request.id)) return;
      keys.deleteKeysOfLease(request.id);
      removeLease(store, request.id);
      return;
    case 'leaseCheckpoint':
      checkpointLeases(store, request.checkpoints);
      return;
    case 'alarm':
      applyAlarm(store, request);
      return;
    case 'auth':
      applyAuth(store, request.auth, (user) => lostPasswords.push(user));
      return;
    case 'clusterVersion':
      applyClusterVersion(store, request.version);
      return;
    case 'memberAttributes':
      applyMemberAttributes(store, request.attributes);
      return;
    case 'downgrade':
      applyDowngrade(store, request.enabled, request.version);
      return;
    case 'noEffect':
      return;
  }
}

/** The term is kept since 3.5. */
function saveIndex(store: OverlayStore, { index, term }: WalEntryRef): void {
  const meta = store.ensureBucket('meta');
  meta.put(utf8(metaKeys.consistentIndex), encodeUint64Record(index));
  if (meta.get(utf8(metaKeys.term)) !== undefined) meta.put(utf8(metaKeys.term), encodeUint64Record(term));
}
