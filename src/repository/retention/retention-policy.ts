import { HoldfastError } from '../../base/index.ts';
import { bucketRules, type BucketRule, isTimeZone } from './time-bucket.ts';

/**
 * Which backups to keep. Rules add up: what any of them keeps is kept. A rule that is absent or 0 keeps nothing by
 * itself; a policy without rules forgets nothing.
 */
export interface RetentionPolicy {
  /** The newest so many. */
  readonly last?: number | undefined;
  /** The newest of each hour, of so many hours that have backups; and so on. */
  readonly hourly?: number | undefined;
  readonly daily?: number | undefined;
  readonly weekly?: number | undefined;
  readonly monthly?: number | undefined;
  readonly yearly?: number | undefined;
  /** All that are not older than this before the newest. */
  readonly withinMs?: number | undefined;
  /** So many sound ones of each cluster are left, whatever the rules say. No rule by itself. Default 0; one is always left. */
  readonly min?: number | undefined;
  /** Where hours, days, weeks, months and years begin: an IANA name such as `Europe/Berlin`. Default UTC. */
  readonly timeZone?: string | undefined;
}

const day = 86_400_000;
const unitMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  d: day,
  w: 7 * day,
  mo: 31 * day,
  y: 366 * day,
};

/**
 * Milliseconds of `30d`, `12w`, `6mo`, `1y6mo`, `36h`; undefined for anything else. A month has 31 days and a year 366,
 * so that nothing is forgotten early. A bare `m` is refused: it may mean minutes to one and months to another.
 */
export function parseKeepWithin(text: string): number | undefined {
  if (!/^(\d{1,6}(h|d|w|mo|y))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+)(mo|[hdwy])/g)];
  const total = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * unitMs[unit!]!, 0);
  return total > 0 && Number.isSafeInteger(total) ? total : undefined;
}

/** A span in the largest units that it has whole: `1y`, `30d`, `36h`; what is less than an hour counts as one. */
export function formatSpan(ms: number): string {
  const hours = Math.max(1, Math.round(ms / unitMs['h']!));
  if (hours % (366 * 24) === 0) return `${hours / (366 * 24)}y`;
  return hours % 24 === 0 || hours > 96 ? `${Math.round(hours / 24)}d` : `${hours}h`;
}

export function isEmptyPolicy(policy: RetentionPolicy): boolean {
  return rulesOf(policy).length === 0;
}

/** The policy in the words of its flags: `keep-daily 7, keep-within 30d, keep-min 3`. */
export function formatPolicy(policy: RetentionPolicy): string {
  const words = rulesOf(policy).map(([rule, value]) =>
    rule === 'within' ? `keep-within ${formatSpan(value)}` : `keep-${rule} ${value}`,
  );
  if (policy.min !== undefined) words.push(`keep-min ${policy.min}`);
  if (policy.timeZone !== undefined) words.push(`days of ${policy.timeZone}`);
  return words.length === 0 ? 'no rules' : words.join(', ');
}

/** How far back the policy reaches when backups are made all the time: 0 for one that only counts. */
export function policyReachMs(policy: RetentionPolicy): number {
  const spans: Readonly<Record<BucketRule, number>> = {
    hourly: unitMs['h']!,
    daily: day,
    weekly: 7 * day,
    monthly: 31 * day,
    yearly: 366 * day,
  };
  return Math.max(policy.withinMs ?? 0, ...bucketRules.map((rule) => (policy[rule] ?? 0) * spans[rule]));
}

/** Errors: RETENTION_POLICY_INVALID. */
export function requirePolicy(policy: RetentionPolicy): void {
  for (const rule of ['last', ...bucketRules, 'min'] as const) {
    const value = policy[rule];
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 0))
      throw invalid(`keep-${rule} is not a whole number of backups`);
  }
  const { withinMs, timeZone } = policy;
  if (withinMs !== undefined && !(Number.isFinite(withinMs) && withinMs >= 0))
    throw invalid('keep-within is not a span of time');
  if (timeZone !== undefined && !isTimeZone(timeZone))
    throw invalid(`${JSON.stringify(timeZone)} is not a time zone`);
}

function rulesOf(policy: RetentionPolicy): readonly (readonly [string, number])[] {
  const rules: readonly (readonly [string, number | undefined])[] = [
    ['last', policy.last],
    ...bucketRules.map((rule) => [rule, policy[rule]] as const),
    ['within', policy.withinMs],
  ];
  return rules.flatMap(([rule, value]) =>
    value === undefined || value === 0 ? [] : [[rule, value] as const],
  );
}

function invalid(message: string): HoldfastError {
  return new HoldfastError('RETENTION_POLICY_INVALID', message);
}
