import { utf8 } from '../../src/base/index.ts';
import type { EtcdClient } from '../../src/etcd/index.ts';
import type { KnownState, RandomCall } from './random-calls.ts';
import { listLeases } from './random-leases.ts';

const unknownLease = 99_999n;
const ID = 8001n;

/**
 * Calls whose answers a round has to have, and that chance brings too rarely. What watches tell has to be compared
 * before. @param granted kept up to date
 */
export function sureCalls({ revision, compactRevision }: KnownState, granted: bigint[]): RandomCall[] {
  const range = (at: bigint) =>
    callOf('range', { revision: at }, (client) => client.kv.range({ key: utf8('a'), revision: at }));
  const grant = callOf('leaseGrant', { ID }, (client) => client.lease.leaseGrant({ ID, TTL: 1_000_000n }));
  const revoke = callOf('leaseRevoke', { ID }, (client) => client.lease.leaseRevoke({ ID }));
  const compaction = { revision: compactRevision + 1n, physical: true };
  return [
    {
      ...callOf('compact', compaction, (client) => client.kv.compact(compaction)),
      note: (state) => (state.compactRevision = compaction.revision),
    },
    range(compactRevision - 1n),
    range(revision + 1000n),
    callOf('put', { lease: unknownLease }, (client) =>
      client.kv.put({ key: utf8('a'), lease: unknownLease }),
    ),
    { ...grant, note: () => granted.push(ID) },
    grant,
    callOf('keepAlive', { ID }, (client) => client.lease.keepAliveOnce(ID)),
    callOf('leaseLeases', {}, listLeases),
    { ...revoke, note: () => granted.splice(granted.indexOf(ID), 1) },
    revoke,
    callOf('txn', { puts: 'a, a' }, (client) => client.kv.txn({ success: [putOf('a'), putOf('a')] })),
    callOf('txn', { ignoreValue: 'none' }, (client) =>
      client.kv.txn({ success: [putOf('never there', true)] }),
    ),
  ];
}

function putOf(key: string, ignoreValue = false) {
  return { request: { case: 'requestPut' as const, value: { key: utf8(key), ignoreValue } } };
}

function callOf(name: string, request: object, send: (client: EtcdClient) => Promise<object>): RandomCall {
  return { name, request, send };
}
