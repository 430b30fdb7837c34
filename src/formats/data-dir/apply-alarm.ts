/**
 * Alarms on top of a store, and what they forbid.
 *
 * Source: etcd server/etcdserver/api/v3alarm/alarms.go, server/etcdserver/apply/{apply,corrupt}.go (3.6.14).
 */
import { alarmTypes, decodeAlarmKey, encodeAlarmKey } from '../mvcc/index.ts';
import type { RequestOp, TxnRequest } from './kv-requests.ts';
import type { OverlayStore } from './overlay-store.ts';
import { alarmActions, type RaftRequest } from './raft-request.ts';

/** Raises or takes back an alarm. Asking changes nothing. */
export function applyAlarm(store: OverlayStore, request: Extract<RaftRequest, { kind: 'alarm' }>): void {
  const { action, alarm, memberId } = request;
  const key = encodeAlarmKey({ memberId, alarm });
  if (action === alarmActions.activate && alarm !== alarmTypes.none) {
    store.ensureBucket('alarm').put(key, new Uint8Array(0));
  } else if (action === alarmActions.deactivate) store.ensureBucket('alarm').delete(key);
}

/** Whether alarms that are on forbid a request. */
export function isForbiddenByAlarm(store: OverlayStore, request: RaftRequest): boolean {
  const alarms = [...(store.bucket('alarm')?.entries() ?? [])].map(({ key }) => decodeAlarmKey(key).alarm);
  if (alarms.includes(alarmTypes.corrupt) && isForbiddenWhenCorrupt(request)) return true;
  return alarms.includes(alarmTypes.noSpace) && takesSpace(request);
}

function isForbiddenWhenCorrupt({ kind }: RaftRequest): boolean {
  return ['put', 'deleteRange', 'txn', 'compaction', 'leaseGrant', 'leaseRevoke'].includes(kind);
}

function takesSpace(request: RaftRequest): boolean {
  return (
    request.kind === 'put' || request.kind === 'leaseGrant' || (request.kind === 'txn' && hasPut(request.txn))
  );
}

/** Both branches count, whichever would be taken. */
function hasPut(txn: TxnRequest): boolean {
  return [...txn.success, ...txn.failure].some(
    (op: RequestOp) => op.kind === 'put' || (op.kind === 'txn' && hasPut(op.txn)),
  );
}
