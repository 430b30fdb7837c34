import { isHoldfastError, waitUntil } from '../../../base/index.ts';
import { type EtcdClient, openEtcdClient, type TlsOptions } from '../../../etcd/index.ts';
import type { LocalHost } from '../../../hosts/index.ts';
import type { PlannedEtcd } from '../plan/index.ts';
import type { StepWork } from '../work/index.ts';

/**
 * A client of the member on this host. A call may take as long as any other wait: a hash of some gigabytes takes its
 * time, and a member that is slow is not a member that failed.
 *
 * Errors: TLS_OPTIONS_INVALID, FILE_NOT_FOUND, FILE_NOT_READABLE.
 */
export async function openMemberClient({ host, plan, machine, ctx }: StepWork): Promise<EtcdClient> {
  const tls = await readTls(machine, host.etcd);
  return openEtcdClient({
    endpoints: host.etcd.endpoints,
    ...(tls === undefined ? {} : { tls }),
    commandTimeoutMs: plan.waitTimeoutMs,
    signal: ctx.signal,
  });
}

/** Undefined when no file is known: plain text. */
export async function readTls(
  machine: LocalHost,
  { caFile, certFile, keyFile }: PlannedEtcd,
): Promise<TlsOptions | undefined> {
  const read = async (path: string | undefined) =>
    path === undefined ? undefined : await machine.readBytes(path);
  const [caPem, certPem, keyPem] = [await read(caFile), await read(certFile), await read(keyFile)];
  if (caPem === undefined && certPem === undefined) return undefined;
  return {
    ...(caPem && { caPem }),
    ...(certPem && { certPem }),
    ...(keyPem && { keyPem }),
  };
}

/**
 * Waits until the member on this host answers a linearizable read: it runs, has found the others, and there is a
 * leader. Errors: TIMEOUT with what the last attempt said.
 * @param previous whether it is the old cluster that comes back, in a roll back
 */
export async function waitForEtcd(
  work: StepWork,
  { previous }: { readonly previous: boolean },
): Promise<void> {
  const { host, plan, ctx } = work;
  await waitUntil(
    `${previous ? 'the previous etcd' : 'the restored etcd'} on ${host.host} is not healthy`,
    async () => {
      // A client each time: nothing of a connection to a member that is gone is kept.
      await using client = await openMemberClient(work);
      try {
        await client.cluster.memberList({ linearizable: true }, { timeoutMs: 3000 });
        return { done: undefined };
      } catch (error) {
        if (!isHoldfastError(error) || error.code === 'INTERRUPTED') throw error;
        return { waitingFor: error.message };
      }
    },
    { timeoutMs: plan.waitTimeoutMs, everyMs: 300 },
    ctx,
  );
}

export interface LiveCluster {
  readonly revision: bigint;
  /** Lower-case hex. */
  readonly clusterId: string;
  readonly memberIds: readonly string[];
}

/** What the member on this host says of itself and its cluster. */
export async function readLiveCluster(work: StepWork): Promise<LiveCluster> {
  await using client = await openMemberClient(work);
  const { header } = await client.maintenance.status({});
  const { members } = await client.cluster.memberList({ linearizable: true });
  return {
    revision: header?.revision ?? 0n,
    clusterId: (header?.clusterId ?? 0n).toString(16),
    memberIds: members.map(({ ID }) => ID.toString(16)),
  };
}
