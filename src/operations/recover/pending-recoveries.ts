/** Recoveries that were interrupted: finishing them, or undoing them. */
import { HoldfastError, type OperationContext } from '../../base/index.ts';
import { driveBack, driveForward } from './coordinate/index.ts';
import type { RecoveryHost } from './host/index.ts';
import type { RecoveryPlan } from './plan/index.ts';

/**
 * Finishes a recovery that was interrupted. Errors: NO_RECOVERY_PENDING, RECOVERY_TURNED_BACK (it can only be rolled
 * back), RECOVERY_RUNNING, and those of recovering.
 */
export async function resumeRecovery(
  hosts: readonly RecoveryHost[],
  ctx: OperationContext,
): Promise<RecoveryPlan> {
  const { plan, turnedBack, journaled, untouched } = await takeUp(hosts);
  if (turnedBack !== undefined) {
    throw new HoldfastError(
      'RECOVERY_TURNED_BACK',
      `recovery ${plan.id} was being rolled back: ${turnedBack}`,
      {
        details: { recoveryId: plan.id },
      },
    );
  }
  for (const { host, index } of untouched) await host.begin(plan, index);
  await driveForward([...journaled, ...untouched.map(({ host }) => host)], plan, ctx);
  return plan;
}

/**
 * Undoes a recovery that was interrupted. Errors: NO_RECOVERY_PENDING, RECOVERY_COMMITTED (one of the hosts has closed
 * it: it can only be finished), RECOVERY_RUNNING, ROLL_BACK_FAILED.
 */
export async function rollBackRecovery(
  hosts: readonly RecoveryHost[],
  ctx: OperationContext,
): Promise<RecoveryPlan> {
  const { plan, turnedBack, journaled, committed } = await takeUp(hosts);
  if (committed.length > 0) {
    throw new HoldfastError(
      'RECOVERY_COMMITTED',
      `recovery ${plan.id} is complete on ${committed.join(', ')}`,
      {
        details: { recoveryId: plan.id },
      },
    );
  }
  await driveBack(journaled, plan, turnedBack ?? 'asked for', ctx);
  return plan;
}

interface TakenUp {
  readonly plan: RecoveryPlan;
  readonly turnedBack: string | undefined;
  /** Hosts where it is under way. */
  readonly journaled: readonly RecoveryHost[];
  /** Names of hosts where it is complete. */
  readonly committed: readonly string[];
  /** Hosts that it never reached, with their place in the plan. */
  readonly untouched: readonly { readonly host: RecoveryHost; readonly index: number }[];
}

async function takeUp(hosts: readonly RecoveryHost[]): Promise<TakenUp> {
  const resumed = await Promise.all(hosts.map(async (host) => ({ host, found: await host.resume() })));
  const first = resumed.find(({ found }) => found !== undefined)?.found;
  if (first === undefined) throw new HoldfastError('NO_RECOVERY_PENDING', 'no recovery is pending');
  const { plan } = first;
  requireAllHosts(plan, hosts);
  const others = await Promise.all(
    resumed
      .filter(({ found }) => found === undefined)
      .map(async ({ host }) => ({ host, outcome: await host.outcomeOf(plan.id) })),
  );
  return {
    plan,
    turnedBack: resumed.find(({ found }) => found?.turnedBack !== undefined)?.found?.turnedBack,
    journaled: resumed.filter(({ found }) => found !== undefined).map(({ host }) => host),
    committed: others.filter(({ outcome }) => outcome === 'committed').map(({ host }) => host.name),
    untouched: others
      .filter(({ outcome }) => outcome === undefined)
      .map(({ host }) => ({ host, index: plan.hosts.findIndex((planned) => planned.host === host.name) })),
  };
}

/** What began on three hosts cannot go on or back on one. */
function requireAllHosts(plan: RecoveryPlan, hosts: readonly RecoveryHost[]): void {
  const missing = plan.hosts
    .map(({ host }) => host)
    .filter((name) => hosts.every((host) => host.name !== name));
  if (missing.length === 0) return;
  throw new HoldfastError('USAGE', `recovery ${plan.id} also concerns ${missing.join(', ')}`, {
    hint: `Name all of them: --hosts ${plan.hosts.map(({ host }) => host).join(',')}.`,
  });
}
