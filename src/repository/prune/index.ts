/** Frees what no backup needs, beside writers that go on. */
export {
  type IndexSegment,
  planPrune,
  type PruneInput,
  type PrunePlan,
  type PruneTotals,
  type Repacking,
  type StoredPack,
} from './prune-plan.ts';
export { lookOf, pruneRepository, requireSolePruner } from './prune-repository.ts';
export type { PruneOptions, PruneResult } from './prune-result.ts';
export { isProcessGone, isPruner, liveSessions, type SessionLook } from './live-sessions.ts';
