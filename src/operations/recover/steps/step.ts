import type { Phase } from '../plan/index.ts';
import type { StepWork } from '../work/index.ts';

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
