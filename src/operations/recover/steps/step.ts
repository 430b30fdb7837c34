import type { OperationContext } from '../../../base/index.ts';
import type { LocalHost } from '../../../hosts/index.ts';
import type { Journal } from '../journal/index.ts';
import type { Phase } from '../plan/phases.ts';
import type { HostPlan, RecoveryPlan } from '../plan/recovery-plan.ts';

/** What a step works with. */
export interface StepWork {
  readonly plan: RecoveryPlan;
  readonly host: HostPlan;
  readonly machine: LocalHost;
  readonly journal: Journal;
  /** The snapshot on this host: a path of this process's file system. */
  readonly snapshotFile: string;
  readonly ctx: OperationContext;
}

/**
 * One journaled step on one host. Both directions work from any point at which an earlier attempt may have stopped,
 * its own middle included, and do nothing where nothing is left to do.
 */
export interface Step {
  /** Stable: the journal knows it by this name. */
  readonly name: string;
  readonly phase: Phase;
  apply(work: StepWork): Promise<void>;
  revert(work: StepWork): Promise<void>;
}

/** For steps that only look. */
export const nothingToRevert = (): Promise<void> => Promise.resolve();
