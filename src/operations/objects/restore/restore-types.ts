import type { HoldfastError } from '../../../base/index.ts';
import type { ApiClientOptions } from '../../../kubernetes/index.ts';
import type { InspectionOptions } from '../inspect/index.ts';
import type { ObjectSelection } from '../select/index.ts';

/**
 * What becomes of an object that the server has already. `skip` leaves it alone. `merge` applies the backup over it:
 * what others have added stays. `replace` makes it as in the backup: what the backup does not have goes away.
 */
export type ConflictRule = 'skip' | 'replace' | 'merge';

export interface RestoreObjectsOptions extends InspectionOptions {
  readonly selection: ObjectSelection;
  readonly server: ApiClientOptions;
  /** `skip` by default. */
  readonly onConflict?: ConflictRule;
  /** Ask the server for everything, and store nothing. */
  readonly dryRun?: boolean;
  /** Write what can be written although the dry run of something else has failed. */
  readonly keepGoing?: boolean;
  /** Secrets are left out unless this is set. */
  readonly includeSecrets?: boolean;
  /** Make a namespace that is missing and not selected, as the source has it. */
  readonly createNamespaces?: boolean;
  /** From the namespace in the source to the one on the server. */
  readonly namespaceMap?: ReadonlyMap<string, string>;
  /** How long to wait until a definition that was made is served; default 60000. */
  readonly waitTimeoutMs?: number;
  /** Called with each object as soon as its outcome is known. */
  readonly onObject?: (object: RestoredObject) => void;
}

/** In the order of a report. `unwritten`: it could have been restored, but the run was stopped or refused. */
export const restoreOutcomes = ['created', 'changed', 'unchanged', 'skipped', 'failed', 'unwritten'] as const;
export type RestoreOutcome = (typeof restoreOutcomes)[number];

export interface RestoredObject {
  /** `deployments.apps`. */
  readonly resource: string;
  /** Where it is put. */
  readonly namespace: string | undefined;
  readonly name: string;
  /** Where it was, if that is another namespace. */
  readonly fromNamespace?: string;
  /** With a dry run: what it would be. */
  readonly outcome: RestoreOutcome;
  /** Why it was skipped, failed or not written. */
  readonly reason?: string;
  /** What is not as in the backup, and why. */
  readonly notes: readonly string[];
  /** Paths of the fields of the live object that were changed, `.spec.replicas`; never values. */
  readonly fields: readonly string[];
}

export interface RestoreObjectsResult {
  readonly source: string;
  readonly revision: bigint;
  readonly server: string;
  readonly serverVersion: string;
  readonly dryRun: boolean;
  readonly onConflict: ConflictRule;
  /** The dry run of something failed: nothing was written, or nothing but namespaces and definitions. */
  readonly refused: boolean;
  /** What ended the run before its end: the server went away, Ctrl-C. */
  readonly stopped: HoldfastError | undefined;
  readonly counts: Readonly<Record<RestoreOutcome, number>>;
  /** In the order of application. */
  readonly objects: readonly RestoredObject[];
}
