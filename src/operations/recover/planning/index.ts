/** From what is known of snapshot and hosts to a plan. */
export { buildRecoveryPlan } from './build-plan.ts';
export { checkSnapshot, readSnapshotFacts, type SnapshotFacts } from './snapshot-facts.ts';
