/** Everything that is checked before anything is touched. */
export { checkHostForPlan } from './host-checks.ts';
export { checkPlan } from './plan-checks.ts';
export { snapshotFindings } from './snapshot-checks.ts';
