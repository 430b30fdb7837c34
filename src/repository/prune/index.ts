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
export {
  lookOf,
  pruneRepository,
  type PruneOptions,
  type PruneResult,
  requireSolePruner,
} from './prune-repository.ts';
export { isProcessGone, isPruner, liveSessions, type SessionLook } from './live-sessions.ts';
