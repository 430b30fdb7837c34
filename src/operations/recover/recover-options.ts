import type { Finding } from '../../base/index.ts';
import type { RecoveryImpact } from './impact/index.ts';
import type { RecoveryOutcome } from './journal/index.ts';
import type { RecoveryPlan } from './plan/index.ts';
import type { SanitizeReport } from './sanitize/index.ts';
import type { ComparedResource } from './verify/index.ts';

export interface RecoverOptions {
  /** The snapshot: a path on this machine. */
  readonly snapshotPath: string;
  /** The backup that the snapshot is a passing copy of, `repo:<id>`: plan, log and ledger name it. */
  readonly backup?: string;
  /** A new data dir instead of the old one's place: the manifest is edited. Host path. */
  readonly dataDir?: string;
  /** Accept a file without digest, or with a wrong one. */
  readonly skipHashCheck?: boolean;
  /** Add exactly this much to the revision, instead of what is computed; 0 leaves it as it is. */
  readonly bumpRevision?: bigint;
  /** Accept a snapshot of another cluster. */
  readonly allowOtherCluster?: boolean;
  /** Members that no host stands for are given up: the cluster comes back without them. */
  readonly abandonMembers?: boolean;
  /** Apply the listed edits to the restored copy: alarms, stale leases and endpoints. */
  readonly sanitize?: boolean;
  /** Limit for each wait; default five minutes. */
  readonly waitTimeoutMs?: number;
  /** Stop after the preflight. */
  readonly planOnly?: boolean;
  /** Asked when the preflight has passed; without it, or with `false`, nothing is touched. */
  readonly confirm?: (report: PreflightReport) => Promise<boolean>;
  /** Told the plan with what speaks for and against it, before anybody is asked. */
  readonly onPreflight?: (report: PreflightReport) => void;
}

export const defaultWaitTimeoutMs = 300_000;

/** The plan, and everything that was checked before anything is touched. */
export interface PreflightReport {
  readonly plan: RecoveryPlan;
  readonly findings: readonly PreflightFinding[];
  /** What would become of the objects; or why that is not known, which speaks against nothing. */
  readonly impact: (RecoveryImpact & { readonly host: string }) | { readonly problem: string };
  /** Whether no finding stands against it; warnings do not count. */
  readonly ok: boolean;
}

export interface PreflightFinding extends Finding {
  /** Absent for what concerns the snapshot or the whole cluster. */
  readonly host?: string;
}

export interface RecoverResult {
  readonly outcome: RecoveryOutcome | 'planned';
  readonly report: PreflightReport;
  /** What was compared with the API servers' lists. */
  readonly compared: readonly ComparedResource[];
  /** What was taken out of the restored copy, where that was asked for. */
  readonly sanitized: SanitizeReport | undefined;
  /** What still needs a hand, in sentences. */
  readonly handwork: readonly string[];
  /** Where the old data is kept, by host. */
  readonly kept: readonly { readonly host: string; readonly path: string }[];
  readonly tookMs: number;
}
