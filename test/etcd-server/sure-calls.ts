import { utf8 } from '../../src/base/index.ts';
import type { EtcdClient } from '../../src/etcd/index.ts';
import type { KnownState, RandomCall } from './random-calls.ts';

const unknownLease = 99_999n;
const ID = 8001n;

/** Calls whose answers a round has to have, and that chance brings too rarely. @param granted kept up to date */
export function sureCalls({ revision, compactRevision }: KnownState, granted: bigint[]): RandomCall[] {
  const range = (at: bigint) =>
    callOf('range', { revision: at }, (client) => client.kv.range({ key: utf8('a'), revision: at }));
  const grant = callOf('leaseGrant', { ID }, (client) => client.lease.leaseGrant({ ID, TTL: 1_000_000n }));
  const revoke = callOf('leaseRevoke', { ID }, (client) => client.lease.leaseRevoke({ ID }));
  return [
    range(compactRevision - 1n),
    range(revision + 1000n),
    callOf('put', { lease: unknownLease }, (client) =>
      client.kv.put({ key: utf8('a'), lease: unknownLease }),
    ),
    { ...grant, note: () => granted.push(ID) },
    grant,
    callOf('keepAlive', { ID }, (client) => client.lease.keepAliveOnce(ID)),
    { ...revoke, note: () => granted.splice(granted.indexOf(ID), 1) },
    revoke,
  ];
}

function callOf(name: string, request: object, send: (client: EtcdClient) => Promise<object>): RandomCall {
  return { name, request, send };
}
