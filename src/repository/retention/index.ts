/** Which backups a policy keeps, and why: records in, decisions out. Nothing here deletes. */
export { decideRetention } from './decide-retention.ts';
export type { RetentionDecision, RetentionPlan, RetentionReason, RetentionRule } from './retention-plan.ts';
export {
  formatPolicy,
  isEmptyPolicy,
  parseKeepWithin,
  policyReachMs,
  requirePolicy,
  type RetentionPolicy,
} from './retention-policy.ts';
export type {
  CertificateFact,
  RetentionFacts,
  RetentionPin,
  RetentionRecord,
} from './retention-record.ts';
export { isTimeZone } from './time-bucket.ts';
