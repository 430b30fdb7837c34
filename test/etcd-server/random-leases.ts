/** Random calls of the Lease service, for the model test in lock step. */
import { formatHex } from '../../src/base/index.ts';
import type { EtcdClient } from '../../src/etcd/index.ts';
import type { Random } from '../support/random.ts';
import type { RandomCall, WeightedMaker } from './random-calls.ts';

/** No lease ends by itself while the test runs. */
const longTtl = 1_000_000;
const ids = Array.from({ length: 12 }, (_, i) => BigInt(8001 + i));

/** @param granted ids of the leases there are; kept up to date */
export function leaseMakers(granted: bigint[]): readonly WeightedMaker[] {
  return [
    { weight: 3, make: (random) => grantCall(random, granted) },
    { weight: 1.5, make: (random) => revokeCall(random, granted) },
    { weight: 2, make: (random) => timeToLiveCall(random, granted) },
    { weight: 1, make: (random) => keepAliveCall(random, granted) },
    { weight: 1, make: leasesCall },
  ];
}

function someId(random: Random, granted: readonly bigint[]): bigint {
  return random.chance(0.2) ? random.pick(ids) : random.pick([...granted, 99_999n]);
}

function grantCall(random: Random, granted: bigint[]): RandomCall {
  const ID = random.pick(ids);
  const TTL = BigInt(random.chance(0.1) ? 10_000_000_000 : random.int(longTtl, 2 * longTtl));
  return {
    name: 'leaseGrant',
    request: { ID, TTL },
    send: (client) => client.lease.leaseGrant({ ID, TTL }),
    note: () => {
      granted.push(ID);
    },
  };
}

function revokeCall(random: Random, granted: bigint[]): RandomCall {
  const ID = someId(random, granted);
  return {
    name: 'leaseRevoke',
    request: { ID },
    send: (client) => client.lease.leaseRevoke({ ID }),
    note: () => {
      granted.splice(granted.indexOf(ID), 1);
    },
  };
}

function timeToLiveCall(random: Random, granted: readonly bigint[]): RandomCall {
  const ID = someId(random, granted);
  const keys = random.chance(0.7);
  return {
    name: 'leaseTimeToLive',
    request: { ID, keys },
    async send(client) {
      const reply = await client.lease.leaseTimeToLive({ ID, keys });
      // The two were not granted it at the same moment; etcd tells the keys in no order.
      const isRunning = reply.TTL > 0n && reply.TTL <= reply.grantedTTL;
      return { ...reply, TTL: isRunning ? 'running' : reply.TTL, keys: reply.keys.map(formatHex).sort() };
    },
  };
}

function keepAliveCall(random: Random, granted: readonly bigint[]): RandomCall {
  const ID = someId(random, granted);
  return { name: 'keepAlive', request: { ID }, send: (client) => client.lease.keepAliveOnce(ID) };
}

function leasesCall(): RandomCall {
  return { name: 'leaseLeases', request: {}, send: listLeases };
}

/** What there are, in no order. */
export async function listLeases(client: EtcdClient): Promise<object> {
  const { leases, ...reply } = await client.lease.leaseLeases({});
  return { ...reply, leases: leases.map(({ ID }) => ID.toString()).sort() };
}
