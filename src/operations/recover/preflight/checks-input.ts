import type { HostFacts } from '../host/index.ts';
import type { RecoveryPlan } from '../plan/index.ts';
import type { SnapshotFacts } from '../planning/index.ts';
import type { PreflightFinding, RecoverOptions } from '../recover-options.ts';

/** What the checks of a plan look at. They are pure: facts in, findings out. */
export interface ChecksInput {
  readonly snapshot: SnapshotFacts;
  readonly hosts: readonly HostFacts[];
  readonly plan: RecoveryPlan;
  readonly options: RecoverOptions;
  readonly nowMs: number;
}

export type PlanCheck = (input: ChecksInput) => readonly PreflightFinding[];

/** The findings of a check of one host, with its name on them. */
export function onEachHost(
  check: (facts: HostFacts, input: ChecksInput, index: number) => readonly Omit<PreflightFinding, 'host'>[],
): PlanCheck {
  return (input) =>
    input.hosts.flatMap((facts, index) =>
      check(facts, input, index).map((finding) => ({ ...finding, host: facts.host })),
    );
}
