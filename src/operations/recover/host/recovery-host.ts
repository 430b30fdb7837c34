import type { Finding } from '../../../base/index.ts';
import type { RecoveryImpact, SnapshotKeys } from '../impact/index.ts';
import type { RecoveryOutcome } from '../journal/index.ts';
import type { Phase, RecoveryPlan } from '../plan/index.ts';
import type { HostFacts, Problem } from './host-facts.ts';

/**
 * What a recovery asks of a host. This machine answers itself; another one answers through the same program running
 * there.
 */
export interface RecoveryHost extends AsyncDisposable {
  /** How the host is called in messages. */
  readonly name: string;
  /** Changes nothing. Errors: those of `inspectHost`, HOST_UNREACHABLE. */
  inspect(): Promise<HostFacts>;
  /** The checks that need the plan and the host: names that must resolve, places that must be free. */
  preflight(plan: RecoveryPlan, hostIndex: number): Promise<readonly Finding[]>;
  /** Compares the snapshot with the old data that `inspect` has read; where that cannot be, says why. */
  foresee(snapshot: SnapshotKeys): Promise<RecoveryImpact | Problem>;
  /** Brings the snapshot to the host, writes the journal. From here on there is something to roll back. */
  begin(plan: RecoveryPlan, hostIndex: number): Promise<void>;
  /** Takes up the journal of a recovery that was interrupted; undefined when there is none. */
  resume(): Promise<ResumedRecovery | undefined>;
  /** How an earlier recovery ended here; undefined when it did not, or never began. */
  outcomeOf(recoveryId: string): Promise<RecoveryOutcome | undefined>;
  /**
   * Runs what is left of a phase.
   * @param signal ends it early, because another host has failed
   */
  run(phase: Phase, signal: AbortSignal): Promise<void>;
  /** Undoes a phase as far as it was done. The first call turns the journal back for good. */
  rollBack(phase: Phase, reason: string): Promise<void>;
  /** What the steps wrote down under a name. */
  fact(name: string): Promise<unknown>;
  /** Closes the journal. */
  finish(outcome: RecoveryOutcome): Promise<void>;
}

export interface ResumedRecovery {
  readonly plan: RecoveryPlan;
  readonly hostIndex: number;
  /** Why it goes back, if it does. */
  readonly turnedBack: string | undefined;
}
