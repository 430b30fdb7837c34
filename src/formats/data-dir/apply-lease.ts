/**
 * Grants, revocations and checkpoints of leases on top of a store.
 *
 * Source: etcd server/lease/lessor.go (3.6.14).
 */
import { clusterKeys, decodeLease, decodeVersionRecord, encodeLease, encodeLeaseKey } from '../mvcc/index.ts';
import { utf8 } from '../../base/index.ts';
import type { OverlayStore } from './overlay-store.ts';
import type { LeaseCheckpoint } from './raft-request.ts';

/** etcd refuses to grant for longer. */
const maximumTtlSeconds = 9_000_000_000n;
/** What etcd raises shorter ones to with its default election timeout of one second. */
const minimumTtlSeconds = 2n;

export function leaseExists(store: OverlayStore, id: bigint): boolean {
  return store.bucket('lease')?.get(encodeLeaseKey(id)) !== undefined;
}

export function grantLease(store: OverlayStore, id: bigint, ttlSeconds: bigint): void {
  if (id === 0n || ttlSeconds > maximumTtlSeconds || leaseExists(store, id)) return;
  const granted = ttlSeconds < minimumTtlSeconds ? minimumTtlSeconds : ttlSeconds;
  putLease(store, { id, ttlSeconds: granted, remainingTtlSeconds: 0n });
}

export function removeLease(store: OverlayStore, id: bigint): void {
  store.ensureBucket('lease').delete(encodeLeaseKey(id));
}

/** Servers store checkpoints once the whole cluster is at 3.6. */
export function checkpointLeases(store: OverlayStore, checkpoints: readonly LeaseCheckpoint[]): void {
  if (!isClusterAt36(store)) return;
  for (const { id, remainingTtlSeconds } of checkpoints) {
    const row = store.bucket('lease')?.get(encodeLeaseKey(id));
    if (row !== undefined) putLease(store, { ...decodeLease(row), remainingTtlSeconds });
  }
}

function putLease(store: OverlayStore, lease: ReturnType<typeof decodeLease>): void {
  store.ensureBucket('lease').put(encodeLeaseKey(lease.id), encodeLease(lease));
}

function isClusterAt36(store: OverlayStore): boolean {
  const value = store.bucket('cluster')?.get(utf8(clusterKeys.clusterVersion));
  if (value === undefined) return false;
  const { major, minor } = decodeVersionRecord(value, 'cluster/clusterVersion');
  return major > 3 || (major === 3 && minor >= 6);
}
