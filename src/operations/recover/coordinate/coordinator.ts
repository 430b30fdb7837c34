import { hasCode, HoldfastError, isHoldfastError, type OperationContext } from '../../../base/index.ts';
import type { RecoveryHost } from '../host/recovery-host.ts';
import { type Phase, phases, phaseTitles } from '../plan/phases.ts';
import type { RecoveryPlan } from '../plan/recovery-plan.ts';

/**
 * Takes all hosts through the phases, each phase everywhere before the next. Whatever fails before the last phase has
 * begun takes all of them back. Errors: RECOVERY_ROLLED_BACK, ROLL_BACK_FAILED, INTERRUPTED (rolled back too).
 */
export async function driveForward(
  hosts: readonly RecoveryHost[],
  plan: RecoveryPlan,
  ctx: OperationContext,
): Promise<void> {
  try {
    for (const phase of phases)
      await everywhere(hosts, { phase, title: phaseTitles[phase] }, ctx, (host) => host.run(phase));
  } catch (error) {
    throw await goBack(hosts, plan, error, ctx);
  }
  await Promise.all(hosts.map((host) => host.finish('committed')));
}

/** Takes all hosts back to what they were. Errors: ROLL_BACK_FAILED. */
export async function driveBack(
  hosts: readonly RecoveryHost[],
  plan: RecoveryPlan,
  reason: string,
  ctx: OperationContext,
): Promise<void> {
  try {
    for (const phase of phases.toReversed())
      await everywhere(hosts, { phase, title: `undo: ${phaseTitles[phase]}` }, ctx, (host) =>
        host.rollBack(phase, reason),
      );
  } catch (error) {
    throw rollBackFailed(plan, reason, error);
  }
  await Promise.all(hosts.map((host) => host.finish('rolled-back')));
}

/** Undoes, and returns the failure to report: that everything is as it was. Errors: ROLL_BACK_FAILED. */
export async function goBack(
  hosts: readonly RecoveryHost[],
  plan: RecoveryPlan,
  error: unknown,
  ctx: OperationContext,
): Promise<HoldfastError> {
  const reason = isHoldfastError(error) ? error.message : String(error);
  ctx.log.warn('rolling back', { reason });
  await driveBack(hosts, plan, reason, ctx);
  if (hasCode(error, 'INTERRUPTED'))
    return new HoldfastError('INTERRUPTED', 'interrupted; everything is as it was before', { cause: error });
  return new HoldfastError('RECOVERY_ROLLED_BACK', `rolled back, everything is as it was before: ${reason}`, {
    ...(isHoldfastError(error) ? { hint: error.hint } : {}),
    details: { recoveryId: plan.id, ...(isHoldfastError(error) ? { failure: error.code } : {}) },
    cause: error,
  });
}

/** All hosts at once; the first failure counts, but only when all have come to rest. */
async function everywhere(
  hosts: readonly RecoveryHost[],
  { phase, title }: { readonly phase: Phase; readonly title: string },
  ctx: OperationContext,
  work: (host: RecoveryHost) => Promise<void>,
): Promise<void> {
  const startedMs = ctx.clock.monotonicMs();
  ctx.events({ type: 'phase-started', phase });
  ctx.log.info(title, { hosts: hosts.map(({ name }) => name) });
  const outcomes = await Promise.allSettled(hosts.map(work));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  ctx.events({ type: 'phase-finished', phase, tookMs: ctx.clock.monotonicMs() - startedMs });
}

function rollBackFailed(plan: RecoveryPlan, reason: string, error: unknown): HoldfastError {
  const problem = isHoldfastError(error) ? error.message : String(error);
  return new HoldfastError(
    'ROLL_BACK_FAILED',
    `the recovery failed (${reason}), and undoing it did not come to an end: ${problem}`,
    { details: { recoveryId: plan.id }, cause: error },
  );
}
