import type { RecoveryPlan } from '../plan/index.ts';

export type StepState = 'begun' | 'done' | 'undoing' | 'undone';

/** A line of the journal. `atMs` is wall-clock milliseconds since the epoch. */
export type JournalEntry = { readonly atMs: number } & (
  | {
      /** The first line: everything needed to go on or to go back. */
      readonly type: 'plan';
      readonly formatVersion: 1;
      readonly plan: RecoveryPlan;
      /** Which host of the plan this journal is of. */
      readonly hostIndex: number;
    }
  | { readonly type: 'step'; readonly step: string; readonly state: StepState }
  /** Something that a later step needs, learned on the way. The last of a name counts. */
  | { readonly type: 'fact'; readonly name: string; readonly value: unknown }
  /** From here on the recovery goes back, and only back. */
  | { readonly type: 'turned-back'; readonly reason: string }
  | { readonly type: 'end'; readonly outcome: RecoveryOutcome }
);

export type RecoveryOutcome = 'committed' | 'rolled-back';
