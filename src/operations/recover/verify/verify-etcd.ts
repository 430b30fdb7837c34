import { hasCode, HoldfastError, waitUntil } from '../../../base/index.ts';
import type { EtcdClient, HashKVResponse } from '../../../etcd/index.ts';
import type { StepWork } from '../work/index.ts';
import { type Expectation, expectationFact } from './expectation.ts';
import { openMemberClient } from './etcd-ready.ts';

/**
 * Asks the running member for everything that the snapshot decides: history hash, number of keys, revision, members.
 * Errors: RESTORED_DIFFERS (with what differs), TIMEOUT, those of the calls.
 */
export async function verifyEtcd(work: StepWork): Promise<void> {
  const expectation = work.journal.fact(expectationFact) as Expectation;
  await using client = await openMemberClient(work);
  await checkHash(client, expectation, work);
  const count = await countKeys(client, expectation.revision);
  const { header } = await client.maintenance.status({});
  const revision = header?.revision ?? 0n;
  const differences = [
    ...(count === expectation.keyCount ? [] : [`${count} keys instead of ${expectation.keyCount}`]),
    ...(revision >= expectation.revision
      ? []
      : [`revision ${revision} instead of at least ${expectation.revision}`]),
    ...(await memberDifferences(client, work)),
  ];
  if (differences.length > 0) throw differs(work, differences);
  work.ctx.log.info('etcd is the one of the snapshot', {
    host: work.host.host,
    keys: count,
    revision,
    hash: expectation.hashes[0]!.hash,
  });
}

/** A server that is just compacting answers with a compact revision in between; it is asked again. */
async function checkHash(client: EtcdClient, expectation: Expectation, work: StepWork): Promise<void> {
  await waitUntil(
    `etcd on ${work.host.host} gives no hash to compare`,
    async () => {
      const reply = await askHash(client, expectation.revision);
      if (reply === undefined) {
        work.ctx.log.warn('etcd gives no hash of the restored revision any more', { host: work.host.host });
        return { done: undefined };
      }
      const known = expectation.hashes.find(({ compactRevision }) => compactRevision === compactOf(reply));
      if (known === undefined) return { waitingFor: `it is compacted to ${compactOf(reply)}` };
      if (known.hash !== reply.hash) throw differs(work, [`HashKV ${reply.hash} instead of ${known.hash}`]);
      return { done: undefined };
    },
    { timeoutMs: work.plan.waitTimeoutMs },
    work.ctx,
  );
}

/**
 * The hash at a revision. etcd 3.4 refuses it where that revision is the compacted one, as after a bump, but not for the
 * newest one (3.4.23); undefined when it has moved on: a lease that ended is enough.
 */
async function askHash(client: EtcdClient, revision: bigint): Promise<HashKVResponse | undefined> {
  const newest = await client.maintenance.hashKV({});
  if (newest.header?.revision === revision) return newest;
  try {
    return await client.maintenance.hashKV({ revision });
  } catch (error) {
    if (hasCode(error, 'REVISION_COMPACTED')) return undefined;
    throw error;
  }
}

function compactOf({ compactRevision }: HashKVResponse): bigint {
  return compactRevision;
}

async function countKeys(client: EtcdClient, revision: bigint): Promise<number> {
  const everything = Uint8Array.of(0);
  const reply = await client.kv.range({ key: everything, rangeEnd: everything, countOnly: true, revision });
  return Number(reply.count);
}

async function memberDifferences(client: EtcdClient, { plan }: StepWork): Promise<string[]> {
  const { members } = await client.cluster.memberList({ linearizable: true });
  const found = members.map(({ peerURLs }) => [...peerURLs].sort().join(',')).sort();
  const planned = plan.cluster.members.map(({ peerUrls }) => [...peerUrls].sort().join(',')).sort();
  if (found.join(' ') === planned.join(' ')) return [];
  return [`members at ${found.join(' ')} instead of ${planned.join(' ')}`];
}

function differs({ host }: StepWork, differences: readonly string[]): HoldfastError {
  return new HoldfastError(
    'RESTORED_DIFFERS',
    `etcd on ${host.host} does not hold what the snapshot holds: ${differences.join('; ')}`,
    { details: { host: host.host } },
  );
}
