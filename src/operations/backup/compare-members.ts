import type { OperationContext } from '../../base/index.ts';
import type { EtcdClientOptions } from '../../etcd/index.ts';
import { surveyHashKv } from '../survey/index.ts';
import type { LiveMember } from './live-member.ts';

/** What was backed up. */
export interface BackedUpStore {
  readonly revision: bigint;
  readonly compactedRevision: bigint;
  readonly kvHash: number;
}

/** What the members said. */
export interface MemberComparison {
  /** Names of the members whose hash could be compared with that of the backup. */
  readonly same: readonly string[];
  readonly different: readonly string[];
}

/**
 * Asks all members of the cluster for their HashKV at the revision of the backup. Only hashes of equal revision and
 * compact revision can be compared; who does not answer, lags behind or has compacted further is left out. A difference
 * is a warning: one member holds something else than the others, and a backup of one of them is still a backup.
 *
 * Errors: INTERRUPTED.
 */
export async function compareMembers(
  { client, peers, memberName, memberId }: LiveMember,
  { revision, compactedRevision, kvHash }: BackedUpStore,
  ctx: OperationContext,
): Promise<MemberComparison> {
  const options: EtcdClientOptions = { ...client, endpoints: peers.map(({ url }) => url) };
  const reports = peers.length === 0 ? [] : await surveyHashKv({ client: options, revision }, ctx);
  const same = new Set<string>();
  const different = new Map<string, number>();
  for (const [at, report] of reports.entries()) {
    const { name } = peers[at]!;
    if ('error' in report)
      ctx.log.debug('member not compared', { member: name, reason: report.error.message });
    else if (report.reply.compactRevision !== compactedRevision)
      ctx.log.debug('member not compared', { member: name, compactRevision: report.reply.compactRevision });
    else if (report.reply.hash === kvHash) same.add(name);
    else different.set(name, report.reply.hash);
  }
  if (different.size > 0) {
    const others = [...different].map(([name, hash]) => `${name} has ${hash}`).join(', ');
    const message =
      `members do not hold the same at revision ${revision}: HashKV of the backup, taken from ` +
      `${memberName ?? memberId}, is ${kvHash}, ${others}`;
    ctx.events({ type: 'warning', code: 'members-differ', message });
  }
  return { same: [...same], different: [...different.keys()] };
}
