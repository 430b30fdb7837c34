/** The rules of a policy, each for itself, over the sound backups of one cluster. */
import { formatSpan, type RetentionPolicy } from './retention-policy.ts';
import type { RetentionRecord } from './retention-record.ts';
import { bucketNamer, type BucketNamer, bucketRules, type BucketRule } from './time-bucket.ts';

/** What a rule says about one backup. */
export interface RuleVerdict {
  readonly rule: 'last' | 'within' | BucketRule;
  readonly keep: boolean;
  readonly text: string;
}

/** The verdicts of all rules of the policy on each backup. @param newestFirst sound backups of one cluster */
export function applyRules(
  newestFirst: readonly RetentionRecord[],
  policy: RetentionPolicy,
): ReadonlyMap<string, readonly RuleVerdict[]> {
  const verdicts = new Map<string, RuleVerdict[]>(newestFirst.map(({ id }) => [id, []]));
  const nameOf = bucketNamer(policy.timeZone);
  const judged = [
    ...judgeLast(newestFirst, policy.last ?? 0),
    ...bucketRules.flatMap((rule) => judgeBuckets(newestFirst, rule, policy[rule] ?? 0, nameOf)),
    ...judgeWithin(newestFirst, policy.withinMs ?? 0),
  ];
  for (const [id, verdict] of judged) verdicts.get(id)!.push(verdict);
  return verdicts;
}

type Judged = readonly (readonly [id: string, verdict: RuleVerdict])[];

function judgeLast(newestFirst: readonly RetentionRecord[], limit: number): Judged {
  if (limit === 0) return [];
  return newestFirst.map(({ id }, index) => {
    const keep = index < limit;
    const text = keep
      ? `among the newest (last ${index + 1} of ${limit})`
      : `${limit} ${limit === 1 ? 'is' : 'are'} newer (last ${limit})`;
    return [id, { rule: 'last', keep, text }];
  });
}

/**
 * The newest of each bucket, for so many buckets that have backups: time that passes without backups forgets nothing.
 */
function judgeBuckets(
  newestFirst: readonly RetentionRecord[],
  rule: BucketRule,
  limit: number,
  nameOf: BucketNamer,
): Judged {
  if (limit === 0) return [];
  const begun = new Set<string>();
  return newestFirst.map(({ id, createdAtMs }) => {
    const bucket = nameOf(rule, createdAtMs);
    const isNewest = !begun.has(bucket);
    begun.add(bucket);
    const keep = isNewest && begun.size <= limit;
    const text = keep
      ? `newest of ${bucket} (${rule} ${begun.size} of ${limit})`
      : begun.size <= limit
        ? `not the newest of ${bucket} (${rule})`
        : `${bucket} is past the ${limit} that are kept (${rule})`;
    return [id, { rule, keep, text }];
  });
}

/**
 * All that are not older than the span before the newest. A pause between two backups counts for at most half of the
 * span: after months without backups, or after a clock has jumped ahead, the first new backup must not make all
 * others too old at once. So three are left in any case.
 */
function judgeWithin(newestFirst: readonly RetentionRecord[], spanMs: number): Judged {
  if (spanMs === 0) return [];
  let newerMs: number | undefined;
  let ageMs = 0;
  let longestPauseMs = 0;
  return newestFirst.map(({ id, createdAtMs }) => {
    const pauseMs = (newerMs ?? createdAtMs) - createdAtMs;
    newerMs = createdAtMs;
    ageMs += Math.min(pauseMs, spanMs / 2);
    if (pauseMs > spanMs / 2) longestPauseMs = Math.max(longestPauseMs, pauseMs);
    const keep = ageMs <= spanMs;
    const pause =
      longestPauseMs === 0
        ? ''
        : `, a pause of ${formatSpan(longestPauseMs)} counted as ${formatSpan(spanMs / 2)}`;
    const text = `${keep ? 'within' : 'longer ago than'} ${formatSpan(spanMs)} before the newest${pause} (within)`;
    return [id, { rule: 'within', keep, text }];
  });
}
