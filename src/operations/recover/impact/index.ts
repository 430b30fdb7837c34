/** What a recovery would do to the cluster that the old data shows. */
export { foreseeImpact, type RecoveryImpact, type SnapshotKeys } from './foresee-impact.ts';
