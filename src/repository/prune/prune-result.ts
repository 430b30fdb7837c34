import type { SessionStatement } from '../records/index.ts';
import type { Waiting } from './finish-markers.ts';
import type { PruneTotals } from './prune-plan.ts';

export interface PruneOptions {
  /** The most bytes that are copied out of packs which are mostly waste, in one run. Default 1 GiB. */
  readonly maxRepackBytes?: number;
  /** Says what would be done, and changes nothing. Default false. */
  readonly dryRun?: boolean;
  /** Whether a process is known to be gone; default: a look at the processes of this host. */
  readonly isGone?: (session: SessionStatement) => boolean;
}

export interface PruneResult {
  /** What was planned; none when an earlier prune waits to be finished and cannot be, unless it is a dry run. */
  readonly totals?: PruneTotals;
  /**
   * Packs and segments that were deleted, those of earlier prunes too. Of a dry run what would be deleted; segments are
   * not counted then.
   */
  readonly deletedPacks: number;
  readonly deletedSegments: number;
  readonly deletedBytes: number;
  /** Why the packs of a marker are still there: the next prune goes on with it. */
  readonly waiting?: Waiting;
  /** Contents that backups need and that lie nowhere. */
  readonly missing: number;
}
