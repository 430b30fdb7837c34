import type { StepWork } from '../work/index.ts';
import { nothingToRevert, type Step } from './step.ts';

/** Under which name the journal keeps why the kubelet was not restarted. */
export const kubeletFact = 'kubelet-not-restarted';

/** The kubelet keeps pods in memory that the restored cluster does not know. */
export function kubeletSteps({ host }: Pick<StepWork, 'host'>): Step[] {
  if (host.kubeletUnit === undefined) return [];
  return [
    { name: 'kubelet/restart', phase: 'restart-kubelet', apply: tryRestartKubelet, revert: nothingToRevert },
  ];
}

/**
 * Restarts the kubelet where it is known how. By then the cluster is verified: a kubelet that does not come back is no
 * reason to undo that, but one to say so. Where no service manager is known, the report says it anyway.
 */
export async function tryRestartKubelet({ host, machine, journal, ctx }: StepWork): Promise<void> {
  if (host.kubeletUnit === undefined) return;
  const argv = ['systemctl', 'restart', host.kubeletUnit];
  const result = await machine.run(argv, { signal: ctx.signal, timeoutMs: 90_000 });
  if (result?.exitCode === 0) return;
  const reason = result?.stderr.trim().split('\n').at(-1) ?? 'there is no systemctl';
  ctx.log.warn('the kubelet was not restarted', { host: host.host, reason });
  await journal.recordFact(
    kubeletFact,
    `${argv.join(' ')} failed on ${host.host} (${reason}): restart it by hand.`,
  );
}
