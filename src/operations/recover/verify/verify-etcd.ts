import { HoldfastError } from '../../../base/index.ts';
import type { EtcdClient } from '../../../etcd/index.ts';
import { compareHash, countKeys, type Expectation } from '../../outside-checks/index.ts';
import type { StepWork } from '../work/index.ts';
import { expectationFact } from './expectation.ts';
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

async function checkHash(client: EtcdClient, expectation: Expectation, work: StepWork): Promise<void> {
  const { host, plan, ctx } = work;
  const options = { who: `etcd on ${host.host}`, timeoutMs: plan.waitTimeoutMs };
  const compared = await compareHash(client, expectation, options, ctx);
  if (compared === undefined) return;
  if (compared !== 'moved-on') throw differs(work, [compared.differs]);
  ctx.log.warn('etcd gives no hash of the restored revision any more', { host: host.host });
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
