import type { OperationContext } from '../../../base/index.ts';
import type { LocalHost } from '../../../hosts/index.ts';
import type { Journal } from '../journal/index.ts';
import type { HostPlan, RecoveryPlan } from '../plan/index.ts';

/** What every step of a recovery on one host works with. */
export interface StepWork {
  readonly plan: RecoveryPlan;
  readonly host: HostPlan;
  readonly machine: LocalHost;
  readonly journal: Journal;
  /** The snapshot on this host: a path of this process's file system. */
  readonly snapshotFile: string;
  readonly ctx: OperationContext;
}
