import type { Finding } from '../../base/index.ts';
import type { BucketRule } from './time-bucket.ts';

/** What a reason comes from: a rule of the policy, or one of those that hold whatever the policy says. */
export type RetentionRule =
  | 'last'
  | 'within'
  | BucketRule
  /** No rules: nothing is forgotten. */
  | 'no-policy'
  | 'pinned'
  /** The newest one that passed a verification. */
  | 'last-verified'
  /** Its time cannot be believed. */
  | 'doubtful-time'
  /** It failed its verification. */
  | 'failed'
  | 'min';

export interface RetentionReason {
  readonly rule: RetentionRule;
  /** For people: `newest of 2026-11-22 (daily 3 of 7)`. */
  readonly text: string;
}

export interface RetentionDecision {
  readonly id: string;
  readonly cluster: string;
  /** `createdAt` of the record, as it was given. */
  readonly createdAtMs: number;
  readonly keep: boolean;
  /** Of one that is kept, all that keeps it; else what each rule has against it. Never empty. */
  readonly reasons: readonly RetentionReason[];
}

export interface RetentionPlan {
  /** One for each backup: by cluster, and of each cluster the newest first. */
  readonly decisions: readonly RetentionDecision[];
  /** Worth a look before anything is forgotten; severity `warn`. */
  readonly warnings: readonly Finding[];
}
