import { HoldfastError } from '../../../base/index.ts';
import type { StepWork } from '../work/index.ts';
import { nothingToRevert, type Step } from './step.ts';

/** The kubelet keeps pods in memory that the restored cluster does not know. */
export function kubeletSteps({ host }: Pick<StepWork, 'host'>): Step[] {
  if (host.kubeletUnit === undefined) return [];
  return [
    { name: 'kubelet/restart', phase: 'restart-kubelet', apply: restartKubelet, revert: nothingToRevert },
  ];
}

/** Does nothing where no service manager is known: the report says that somebody has to do it. */
export async function restartKubelet({ host, machine, ctx }: StepWork): Promise<void> {
  if (host.kubeletUnit === undefined) return;
  const argv = ['systemctl', 'restart', host.kubeletUnit];
  const result = await machine.run(argv, { signal: ctx.signal, timeoutMs: 90_000 });
  if (result?.exitCode === 0) return;
  throw new HoldfastError('HOST_COMMAND_FAILED', `${host.host}: ${argv.join(' ')} failed`, {
    details: { stderr: result?.stderr ?? 'there is no systemctl' },
  });
}
