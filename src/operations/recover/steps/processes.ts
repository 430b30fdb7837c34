import { basename } from 'node:path';
import { waitUntil } from '../../../base/index.ts';
import { databasePath } from '../../../formats/data-dir/index.ts';
import type { HostProcess, LocalHost } from '../../../hosts/index.ts';
import type { PlannedManifest, ProcessMark } from '../plan/index.ts';
import type { StepWork } from '../work/index.ts';

/** The processes of a static pod. A shell around the program does not count: it ends with it. */
export async function processesOf(machine: LocalHost, mark: ProcessMark): Promise<readonly HostProcess[]> {
  return (await machine.processes()).filter(
    ({ argv }) =>
      argv.length > 0 && basename(argv[0]!) === mark.program && mark.args.every((arg) => argv.includes(arg)),
  );
}

/**
 * Waits until no process of these static pods is left. Errors: TIMEOUT, which names what still runs.
 * @param quietMs for how long there must be none. A pod that was crashing when its manifest was taken away has no process
 * at most moments, and the kubelet may be about to start it once more.
 */
export async function waitUntilGone(
  work: StepWork,
  manifests: readonly PlannedManifest[],
  quietMs = 0,
): Promise<void> {
  const { machine, plan, ctx } = work;
  let goneSinceMs: number | undefined;
  await waitUntil(
    `${manifests.map(({ role }) => role).join(', ')} on ${work.host.host} did not stop`,
    async () => {
      const running = await Promise.all(
        manifests.map(async ({ role, process: mark }) =>
          (await processesOf(machine, mark)).map(({ pid }) => `${role} runs as process ${pid}`),
        ),
      );
      const left = running.flat();
      goneSinceMs = left.length === 0 ? (goneSinceMs ?? ctx.clock.monotonicMs()) : undefined;
      if (goneSinceMs === undefined) return { waitingFor: left.join(', ') };
      if (ctx.clock.monotonicMs() - goneSinceMs >= quietMs) return { done: undefined };
      return { waitingFor: `none for ${quietMs / 1000} s` };
    },
    { timeoutMs: plan.waitTimeoutMs + quietMs },
    ctx,
  );
}

/** Waits until no process has a data dir's database open, whatever that process is called. Errors: TIMEOUT. */
export async function waitUntilReleased(work: StepWork, dataDir: string): Promise<void> {
  const { machine, plan, ctx } = work;
  const path = databasePath(dataDir);
  await waitUntil(
    `${path} on ${work.host.host} is still in use`,
    async () => {
      const holders = await machine.holdersOf(path);
      return holders.length === 0
        ? { done: undefined }
        : { waitingFor: `process ${holders.join(', ')} has it open` };
    },
    { timeoutMs: plan.waitTimeoutMs },
    ctx,
  );
}
