import { findDoubts, formatTime } from './find-doubts.ts';
import { applyRules, type RuleVerdict } from './keep-rules.ts';
import { isEmptyPolicy, requirePolicy, type RetentionPolicy } from './retention-policy.ts';
import type { RetentionDecision, RetentionPlan, RetentionReason } from './retention-plan.ts';
import type { RetentionFacts, RetentionRecord } from './retention-record.ts';
import { findRetentionWarnings } from './retention-warnings.ts';

/**
 * Decides what a policy keeps of these backups. The order in which they are given does not matter; ids are unique.
 *
 * - Each cluster is judged for itself.
 * - Kept whatever the policy says: what is pinned, the newest backup that passed a verification, backups whose time
 *   cannot be believed (see `find-doubts.ts`), and failed ones for as long as none newer has passed a verification.
 * - No clock ends a pin, not even one that says it is past its end: it holds until somebody takes it away.
 * - Doubtful and failed backups take no place that a rule gives: they cannot push a sound one out.
 * - Time that passes forgets nothing: rules count backups and the buckets that have some.
 * - Deciding again on what was kept, with the same facts, keeps all of it.
 *
 * Errors: RETENTION_POLICY_INVALID.
 */
export function decideRetention(
  records: readonly RetentionRecord[],
  policy: RetentionPolicy,
  facts: RetentionFacts,
): RetentionPlan {
  requirePolicy(policy);
  const groups = [...Map.groupBy(records, ({ cluster }) => cluster)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, own]) => groupOf(own, facts));
  const decisions = groups.flatMap((group) => decideGroup(group, policy, facts));
  return { decisions, warnings: findRetentionWarnings(records, decisions, policy, facts) };
}

/** The backups of one cluster, the newest first, and those of them that may count. */
interface Group {
  readonly newestFirst: readonly RetentionRecord[];
  readonly doubts: ReadonlyMap<string, string>;
  /** Without the doubtful ones and those that failed: what rules count. */
  readonly sound: readonly RetentionRecord[];
  readonly lastVerified: RetentionRecord | undefined;
}

function groupOf(records: readonly RetentionRecord[], facts: RetentionFacts): Group {
  const newestFirst = records.toSorted((a, b) => compareTimes(b, a));
  const doubts = findDoubts(newestFirst, facts);
  const sound = newestFirst.filter(({ id, verification }) => !doubts.has(id) && verification !== 'failed');
  const lastVerified = sound.find(({ verification }) => verification === 'passed');
  return { newestFirst, doubts, sound, lastVerified };
}

function decideGroup(
  group: Group,
  policy: RetentionPolicy,
  facts: RetentionFacts,
): readonly RetentionDecision[] {
  const { newestFirst, sound } = group;
  const verdicts = applyRules(sound, policy);
  const always = isEmptyPolicy(policy) ? [noPolicy] : [];
  const keeping = new Map(
    newestFirst.map((record) => {
      const ruled = (verdicts.get(record.id) ?? []).filter(({ keep }) => keep);
      const reasons = [...always, ...ruled, ...reasonsBeyondPolicy(record, group, facts)];
      return [record.id, reasons.map(({ rule, text }): RetentionReason => ({ rule, text }))];
    }),
  );
  fillToMinimum(sound, keeping, policy.min ?? 0);
  return newestFirst.map((record) => {
    const { id, cluster, createdAtMs } = record;
    const reasons = keeping.get(id)!;
    const keep = reasons.length > 0;
    const against = keep ? [] : reasonsAgainst(record, verdicts, group);
    return { id, cluster, createdAtMs, keep, reasons: keep ? reasons : against };
  });
}

/** What keeps a backup whatever the policy says. */
function reasonsBeyondPolicy(
  record: RetentionRecord,
  { doubts, lastVerified }: Group,
  facts: RetentionFacts,
): readonly RetentionReason[] {
  return [
    ...pinReasons(record, facts),
    ...(record === lastVerified ? [lastVerifiedReason] : []),
    ...doubtReasons(doubts.get(record.id)),
    ...failedReasons(record, lastVerified),
  ];
}

const noPolicy: RetentionReason = { rule: 'no-policy', text: 'no policy is given: nothing is forgotten' };
const lastVerifiedReason: RetentionReason = {
  rule: 'last-verified',
  text: 'the newest that passed a verification',
};

function compareTimes(a: RetentionRecord, b: RetentionRecord): number {
  if (a.createdAtMs !== b.createdAtMs) return a.createdAtMs < b.createdAtMs ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

function pinReasons({ pin }: RetentionRecord, { nowMs }: RetentionFacts): readonly RetentionReason[] {
  if (pin === undefined) return [];
  const { untilMs } = pin;
  const passed = untilMs !== undefined && untilMs < nowMs ? ', which has passed, and not unpinned' : '';
  const until = untilMs === undefined ? '' : ` until ${formatTime(untilMs)}${passed}`;
  return [{ rule: 'pinned', text: `pinned${until}${pin.reason === '' ? '' : `: ${pin.reason}`}` }];
}

function doubtReasons(doubt: string | undefined): readonly RetentionReason[] {
  return doubt === undefined ? [] : [{ rule: 'doubtful-time', text: `its time is doubtful: ${doubt}` }];
}

/** A damaged backup may be the only one that still has something. */
function failedReasons(
  record: RetentionRecord,
  lastVerified: RetentionRecord | undefined,
): readonly RetentionReason[] {
  if (record.verification !== 'failed') return [];
  if (lastVerified !== undefined && compareTimes(lastVerified, record) > 0) return [];
  return [{ rule: 'failed', text: 'failed its verification, but none newer has passed one' }];
}

/** @param sound newest first */
function fillToMinimum(
  sound: readonly RetentionRecord[],
  keeping: ReadonlyMap<string, RetentionReason[]>,
  minimum: number,
): void {
  const unkept = sound.filter(({ id }) => keeping.get(id)!.length === 0);
  const missing = Math.max(0, minimum - (sound.length - unkept.length));
  for (const { id } of unkept.slice(0, missing))
    keeping.get(id)!.push({ rule: 'min', text: `needed to leave ${minimum} (min)` });
}

function reasonsAgainst(
  { id, verification }: RetentionRecord,
  verdicts: ReadonlyMap<string, readonly RuleVerdict[]>,
  { lastVerified }: Group,
): readonly RetentionReason[] {
  if (verification === 'failed')
    return [
      { rule: 'failed', text: `failed its verification, and ${lastVerified!.id}, which is newer, passed` },
    ];
  return verdicts.get(id)!.map(({ rule, text }) => ({ rule, text }));
}
