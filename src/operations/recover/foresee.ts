import { hasCode, type OperationContext, throwIfInterrupted } from '../../base/index.ts';
import { type HostFacts, isKnown, type RecoveryHost } from './host/index.ts';
import type { SnapshotKeys } from './impact/index.ts';
import type { PreflightReport } from './recover-options.ts';

/**
 * Asks the first host whose old data could be read what the snapshot would do to it. Nothing that goes wrong with that
 * keeps anybody from recovering: it is told instead. Errors: INTERRUPTED.
 * @param facts of the hosts, in their order
 */
export async function foresee(
  hosts: readonly RecoveryHost[],
  facts: readonly HostFacts[],
  snapshot: SnapshotKeys & { readonly kubeSystemUid: string | undefined },
  ctx: OperationContext,
): Promise<PreflightReport['impact']> {
  const index = facts.findIndex(({ dataDir }) => isKnown(dataDir?.content));
  const [host, content] = [hosts[index], facts[index]?.dataDir?.content];
  if (host === undefined || !isKnown(content)) return { problem: 'there is no old data that can be read' };
  const { kubeSystemUid } = snapshot;
  const isOther = kubeSystemUid !== undefined && content.kubeSystemUid !== undefined;
  if (isOther && kubeSystemUid !== content.kubeSystemUid)
    return { problem: 'the old data is that of another cluster' };
  try {
    const impact = await host.foresee(snapshot);
    throwIfInterrupted(ctx.signal);
    return isKnown(impact) ? { ...impact, host: host.name } : impact;
  } catch (error) {
    if (hasCode(error, 'INTERRUPTED')) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    ctx.log.warn('what would become of the objects cannot be told', { host: host.name, problem });
    return { problem };
  }
}
