/** Checks that need the plan and the host itself. */
import { lookup } from 'node:dns/promises';
import type { Finding, OperationContext } from '../../../base/index.ts';
import type { LocalHost } from '../../../hosts/index.ts';
import { isMountPoint } from '../host/index.ts';
import type { HostPlan, RecoveryPlan } from '../plan/index.ts';
import { checkRoom } from './room-checks.ts';

/**
 * @param isSent the snapshot comes from another machine
 * Errors: FILE_NOT_READABLE.
 */
export async function checkHostForPlan(
  machine: LocalHost,
  { plan, host, isSent }: { plan: RecoveryPlan; host: HostPlan; isSent: boolean },
  ctx: OperationContext,
): Promise<Finding[]> {
  ctx.signal.throwIfAborted();
  return [
    ...(await checkPeerNames(plan)),
    ...(await checkPlaces(machine, host)),
    ...(await checkLogPlace(machine, host)),
    ...(await checkRoom(machine, plan, host, isSent)),
  ];
}

/** etcd resolves the names of its peers when it starts; a name that is gone stops it. */
async function checkPeerNames(plan: RecoveryPlan): Promise<Finding[]> {
  const names = new Set(
    plan.cluster.members.flatMap(({ peerUrls }) => peerUrls.map((url) => new URL(url).hostname)),
  );
  const findings = await Promise.all([...names].map(checkName));
  return findings.flat();
}

async function checkName(name: string): Promise<Finding[]> {
  try {
    await lookup(name.replace(/^\[(.*)\]$/, '$1'));
    return [];
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return [
      {
        severity: 'fail',
        code: 'peer-url-unresolved',
        message: `the host ${name} of a peer URL does not resolve here (${reason})`,
      },
    ];
  }
}

/** A new data dir must not be there yet. */
async function checkPlaces(machine: LocalHost, host: HostPlan): Promise<Finding[]> {
  if (host.mode === 'replace' || (await machine.stat(host.dataDir)) === undefined) return [];
  return [
    {
      severity: 'fail',
      code: 'data-dir-exists',
      message: `${host.dataDir} exists already; name a directory that does not`,
    },
  ];
}

/** The directory of the log is put in place by a rename, which a mount point does not allow. */
async function checkLogPlace(machine: LocalHost, { walDir }: HostPlan): Promise<Finding[]> {
  if (walDir === undefined) return [];
  if (!(await isMountPoint(machine, walDir))) return [];
  return [
    {
      severity: 'fail',
      code: 'wal-dir-mount-point',
      message: `${walDir} is a mount point, which cannot be renamed; let --wal-dir name a directory inside it`,
    },
  ];
}
