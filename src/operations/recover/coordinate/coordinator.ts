import { hasCode, HoldfastError, isHoldfastError, type OperationContext } from '../../../base/index.ts';
import type { RecoveryHost } from '../host/index.ts';
import { type Phase, phasesOf, phaseTitles, type RecoveryPlan } from '../plan/index.ts';
import { everywhere } from './everywhere.ts';

/**
 * Takes all hosts through the phases, each phase everywhere before the next. Whatever fails takes all of them back.
 * Errors: RECOVERY_ROLLED_BACK, ROLL_BACK_FAILED, INTERRUPTED (rolled back too).
 */
export async function driveForward(
  hosts: readonly RecoveryHost[],
  plan: RecoveryPlan,
  ctx: OperationContext,
  { isResumed = false }: { readonly isResumed?: boolean } = {},
): Promise<void> {
  // An earlier run may have come to any phase: all of them are looked at when it has to go back.
  let reached: Phase = isResumed ? 'commit' : 'stage';
  try {
    for (const phase of phasesOf(plan)) {
      if (!isResumed) reached = phase;
      await everywhere(hosts, phaseTitles[phase], ctx, (host, signal) => host.run(phase, signal));
    }
  } catch (error) {
    throw await goBack(hosts, plan, { error, reached }, ctx);
  }
  const closed = await Promise.allSettled(hosts.map((host) => host.finish('committed')));
  const open = hosts.filter((_, index) => closed[index]!.status === 'rejected');
  const failed = closed.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw notClosed(open, failed.reason);
}

/** The cluster is back, so nothing is undone. */
function notClosed(hosts: readonly RecoveryHost[], error: unknown): unknown {
  if (!isHoldfastError(error)) return error;
  return new HoldfastError(
    error.code,
    `the control plane is recovered, but the journal on ${hosts.map(({ name }) => name).join(', ')} is not closed: ${error.message}`,
    { hint: 'Close it with "holdfast recover --resume".', details: error.details, cause: error },
  );
}

/** Why and from where a recovery goes back. */
export interface Failure {
  readonly error: unknown;
  /** The phase that was under way: while it was `stage`, no host has had anything taken away. */
  readonly reached: Phase;
}

/** Undoes, and returns the failure to report: that everything is as it was. Errors: ROLL_BACK_FAILED. */
export async function goBack(
  hosts: readonly RecoveryHost[],
  plan: RecoveryPlan,
  { error, reached }: Failure,
  ctx: OperationContext,
): Promise<HoldfastError> {
  const reason = isHoldfastError(error) ? error.message : String(error);
  ctx.log.warn('rolling back', { reason });
  const lost = await undoEverywhere(hosts, plan, { reason, reached }, ctx);
  if (lost.length > 0 && reached !== 'stage') throw rollBackFailed(plan, reason, lost);
  const leftover =
    lost.length === 0
      ? ''
      : `; nothing was taken away on ${namesOf(lost)} either, where "holdfast recover --rollback" tidies up when it is back`;
  if (hasCode(error, 'INTERRUPTED')) {
    const message = `interrupted; everything is as it was before${leftover}`;
    return new HoldfastError('INTERRUPTED', message, { cause: error });
  }
  return new HoldfastError(
    'RECOVERY_ROLLED_BACK',
    `rolled back, everything is as it was before: ${reason}${leftover}`,
    {
      ...(isHoldfastError(error) ? { hint: error.hint } : {}),
      details: { recoveryId: plan.id, ...(isHoldfastError(error) ? { failure: error.code } : {}) },
      cause: error,
    },
  );
}

/** Takes all hosts back to what they were. Errors: ROLL_BACK_FAILED. */
export async function driveBack(
  hosts: readonly RecoveryHost[],
  plan: RecoveryPlan,
  reason: string,
  ctx: OperationContext,
): Promise<void> {
  const lost = await undoEverywhere(hosts, plan, { reason, reached: 'commit' }, ctx);
  if (lost.length > 0) throw rollBackFailed(plan, reason, lost);
}

/** A host that cannot be undone. */
interface LostHost {
  readonly host: RecoveryHost;
  readonly error: unknown;
}

/** A host that cannot go back keeps no other from going back. Closes the journals of those that did. */
async function undoEverywhere(
  hosts: readonly RecoveryHost[],
  plan: RecoveryPlan,
  { reason, reached }: { readonly reason: string; readonly reached: Phase },
  ctx: OperationContext,
): Promise<LostHost[]> {
  const lost: LostHost[] = [];
  const left = () => hosts.filter((host) => lost.every((one) => one.host !== host));
  const attempt = async (host: RecoveryHost, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      ctx.log.warn('cannot be undone now', { host: host.name, reason: String(error), recovery: plan.id });
      lost.push({ host, error });
    }
  };
  const begun = phasesOf(plan);
  for (const phase of begun.slice(0, begun.indexOf(reached) + 1).toReversed()) {
    await everywhere(
      left(),
      `undo: ${phaseTitles[phase]}`,
      { ...ctx, signal: new AbortController().signal },
      (host) => attempt(host, () => host.rollBack(phase, reason)),
    );
  }
  await Promise.all(left().map((host) => attempt(host, () => host.finish('rolled-back'))));
  return lost;
}

function rollBackFailed(plan: RecoveryPlan, reason: string, lost: readonly LostHost[]): HoldfastError {
  const problems = lost.map(
    ({ host, error }) => `${host.name}: ${isHoldfastError(error) ? error.message : String(error)}`,
  );
  return new HoldfastError(
    'ROLL_BACK_FAILED',
    `the recovery failed (${reason}), and undoing it did not come to an end: ${problems.join('; ')}`,
    { details: { recoveryId: plan.id }, cause: lost[0]!.error },
  );
}

function namesOf(lost: readonly LostHost[]): string {
  return lost.map(({ host }) => host.name).join(', ');
}
