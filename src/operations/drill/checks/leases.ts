import { createHash } from 'node:crypto';
import { compareBytes, type OperationContext, throwIfInterrupted } from '../../../base/index.ts';
import type { EtcdClient, LeaseTimeToLiveResponse } from '../../../etcd/index.ts';
import type { LeaseRecord } from '../../../formats/mvcc/index.ts';
import type { FindingLog } from '../../verify/index.ts';
import type { LeaseUse } from './keys.ts';

export interface CheckLeasesOptions {
  readonly client: EtcdClient;
  readonly leases: readonly LeaseRecord[];
  readonly leaseUse: ReadonlyMap<bigint, LeaseUse>;
  /** How long the server may have been counting down. */
  readonly runningMs: () => number;
}

const atOnce = 16;

/** Ids, granted time, attached keys. Errors: those of the calls, INTERRUPTED. */
export async function checkLeases(
  options: CheckLeasesOptions,
  log: FindingLog,
  ctx: OperationContext,
): Promise<string> {
  const { client, leases } = options;
  const listed = new Set((await client.lease.leaseLeases({})).leases.map(({ ID }) => ID));
  const known = new Set(leases.map(({ id }) => id));
  const extra = [...listed].filter((id) => !known.has(id));
  for (const id of extra) log.fail('lease-extra', `lease ${hex(id)} is there, and not in the backup`);
  let ended = 0;
  const rest = leases.values();
  const worker = async () => {
    for (const lease of rest) {
      throwIfInterrupted(ctx.signal);
      if (!(await checkLease(lease, options, log))) ended++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const attached = [...options.leaseUse.values()].reduce((sum, { count }) => sum + count, 0);
  const more = ended === 0 ? '' : `; ${ended} of them ended meanwhile, as they had to`;
  return `${leases.length} leases, ${attached} keys on them${more}`;
}

/** False when it has ended, as it had to. */
async function checkLease(
  lease: LeaseRecord,
  { client, leaseUse, runningMs }: CheckLeasesOptions,
  log: FindingLog,
): Promise<boolean> {
  const told = await client.lease.leaseTimeToLive({ ID: lease.id, keys: true });
  if (told.TTL < 0n) {
    const left = lease.remainingTtlSeconds > 0n ? lease.remainingTtlSeconds : lease.ttlSeconds;
    // A second for the server's own rounding.
    if (Number(left) * 1000 <= runningMs() + 1000) return false;
    log.fail('lease-missing', `lease ${hex(lease.id)} of ${lease.ttlSeconds} s is missing`);
    return true;
  }
  if (told.grantedTTL !== lease.ttlSeconds) {
    const message = `lease ${hex(lease.id)} was granted ${told.grantedTTL} s, not ${lease.ttlSeconds} s`;
    log.fail('lease-ttl', message);
  }
  compareAttached(lease, told, leaseUse.get(lease.id), log);
  return true;
}

function compareAttached(
  { id }: LeaseRecord,
  { keys }: LeaseTimeToLiveResponse,
  use: LeaseUse | undefined,
  log: FindingLog,
): void {
  const count = use?.count ?? 0;
  const digest = createHash('sha256');
  for (const key of [...keys].sort(compareBytes)) digest.update(`${key.length} `).update(key);
  const wanted = (use?.digest ?? createHash('sha256')).copy().digest('hex');
  if (keys.length !== count) {
    log.fail('lease-keys', `lease ${hex(id)} has ${keys.length} keys, not ${count}`);
  } else if (digest.digest('hex') !== wanted) {
    log.fail('lease-keys', `lease ${hex(id)} has other keys than in the backup`);
  }
}

/** As etcdctl shows them. */
function hex(id: bigint): string {
  return BigInt.asUintN(64, id).toString(16);
}
