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
  await driveForward([...journaled, ...untouched.map(({ host }) => host)], plan, ctx, { isResumed: true });
  return plan;
}

/**
 * Undoes a recovery that was interrupted. Errors: NO_RECOVERY_PENDING, RECOVERY_COMMITTED (one of the hosts has closed
 * it: it can only be finished), RECOVERY_RUNNING, ROLL_BACK_FAILED.
 */
export async function rollBackRecovery(
  hosts: readonly RecoveryHost[],
  ctx: OperationContext,
  { withoutOthers = false }: RollBackOptions = {},
): Promise<RecoveryPlan> {
  const { plan, turnedBack, journaled, committed } = await takeUp(hosts, withoutOthers);
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

export interface RollBackOptions {
  /**
   * Undo it on the hosts that are named, whatever has become of the others: a host that is lost for good must not keep
   * the rest from their old data.
   */
  readonly withoutOthers?: boolean;
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

async function takeUp(hosts: readonly RecoveryHost[], withoutOthers = false): Promise<TakenUp> {
  const resumed = await Promise.all(hosts.map(async (host) => ({ host, found: await host.resume() })));
  const first = resumed.find(({ found }) => found !== undefined)?.found;
  if (first === undefined) throw new HoldfastError('NO_RECOVERY_PENDING', 'no recovery is pending');
  const { plan } = first;
  const indexes = new Map(resumed.flatMap(({ host, found }) => (found ? [[host, found.hostIndex]] : [])));
  if (!withoutOthers) requireAllHosts(plan, hosts, new Set(indexes.values()));
  const others = await Promise.all(
    resumed
      .filter(({ found }) => found === undefined)
      .map(async ({ host }) => ({ host, outcome: await host.outcomeOf(plan.id) })),
  );
  const undone = others.find(({ outcome }) => outcome === 'rolled-back');
  return {
    plan,
    // Where one host has gone back for good, the others cannot go on without it.
    turnedBack:
      resumed.find(({ found }) => found?.turnedBack !== undefined)?.found?.turnedBack ??
      (undone === undefined ? undefined : `${undone.host.name} is as it was before`),
    journaled: resumed.filter(({ found }) => found !== undefined).map(({ host }) => host),
    committed: others.filter(({ outcome }) => outcome === 'committed').map(({ host }) => host.name),
    untouched: others
      .filter(({ outcome }) => outcome === undefined)
      .map(({ host }) => ({ host, index: plan.hosts.findIndex((planned) => planned.host === host.name) })),
  };
}

/**
 * What began on three hosts cannot go on or back on one. A host whose journal is at hand is the one that the journal
 * says, whatever it is called by now.
 */
function requireAllHosts(
  plan: RecoveryPlan,
  hosts: readonly RecoveryHost[],
  journaled: ReadonlySet<number>,
): void {
  const missing = plan.hosts
    .filter((_, index) => !journaled.has(index))
    .map(({ host }) => host)
    .filter((name) => hosts.every((host) => host.name !== name));
  if (missing.length === 0) return;
  throw new HoldfastError('USAGE', `recovery ${plan.id} also concerns ${missing.join(', ')}`, {
    hint:
      `Name all of them: --hosts ${plan.hosts.map(({ host }) => host).join(',')}. If one is lost for good, ` +
      '--rollback --abandon-members undoes it on those that are named.',
  });
}
