import type { Finding } from '../../base/index.ts';
import type { RetentionDecision } from './retention-plan.ts';
import { formatSpan, isEmptyPolicy, policyReachMs, type RetentionPolicy } from './retention-policy.ts';
import type { RetentionFacts, RetentionRecord } from './retention-record.ts';

/** What somebody should know before a policy is applied. */
export function findRetentionWarnings(
  records: readonly RetentionRecord[],
  decisions: readonly RetentionDecision[],
  policy: RetentionPolicy,
  facts: RetentionFacts,
): readonly Finding[] {
  return [
    ...(isEmptyPolicy(policy) ? [emptyPolicy(policy)] : []),
    ...unverifiedClusters(records),
    ...doubtfulTimes(decisions),
    ...endedPins(records, facts),
    ...shortCertificates(records, policy, facts),
  ];
}

function warn(code: string, message: string, where?: Finding['where']): Finding {
  return { severity: 'warn', code, message, ...(where !== undefined && { where }) };
}

function emptyPolicy({ min }: RetentionPolicy): Finding {
  const floor = min === undefined ? '' : '; --keep-min alone is a floor under other rules';
  return warn('retention-empty', `no rule says what to keep, so nothing is forgotten${floor}`);
}

function unverifiedClusters(records: readonly RetentionRecord[]): readonly Finding[] {
  return [...Map.groupBy(records, ({ cluster }) => cluster)]
    .filter(([, own]) => own.every(({ verification }) => verification !== 'passed'))
    .map(([cluster, own]) =>
      warn(
        'retention-none-verified',
        `none of the ${own.length} backups of cluster ${cluster} has passed a verification: verify one with "holdfast backup verify"`,
        { cluster },
      ),
    );
}

function doubtfulTimes(decisions: readonly RetentionDecision[]): readonly Finding[] {
  const doubtful = decisions.filter(({ reasons }) => reasons.some(({ rule }) => rule === 'doubtful-time'));
  return [...Map.groupBy(doubtful, ({ cluster }) => cluster)].map(([cluster, own]) =>
    warn(
      'retention-time-doubtful',
      `${own.length} backups of cluster ${cluster} are kept because their times are doubtful, and take no place in the policy: check the clocks, then forget by id what is not wanted; where the repository was copied by another tool, --ignore-store-times goes by the hosts' times`,
      { cluster, backups: own.length },
    ),
  );
}

/** A clock that is wrong must not cost what somebody wanted to keep, so a pin that has ended is only pointed out. */
function endedPins(records: readonly RetentionRecord[], { nowMs }: RetentionFacts): readonly Finding[] {
  const ended = records.filter(({ pin }) => pin?.untilMs !== undefined && pin.untilMs < nowMs);
  return [...Map.groupBy(ended, ({ cluster }) => cluster)].map(([cluster, own]) =>
    warn(
      'retention-pin-ended',
      `${own.length} backups of cluster ${cluster} stay pinned past the end of their pins: leave them to the policy with "holdfast backup unpin --ended"`,
      { cluster, backups: own.length },
    ),
  );
}

/** Restoring the bundle of an old backup brings back certificates that have expired since. */
function shortCertificates(
  records: readonly RetentionRecord[],
  policy: RetentionPolicy,
  { certificates = [] }: RetentionFacts,
): readonly Finding[] {
  const reachMs = policyReachMs(policy);
  const present = new Set(records.map(({ cluster }) => cluster));
  return [...Map.groupBy(certificates, ({ cluster }) => cluster)].flatMap(([cluster, own]) => {
    if (!present.has(cluster)) return [];
    const lives = own.map(({ name, notBeforeMs, notAfterMs }) => ({ name, ms: notAfterMs - notBeforeMs }));
    const shortest = lives.toSorted((a, b) => a.ms - b.ms || (a.name < b.name ? -1 : 1))[0]!;
    if (shortest.ms >= reachMs) return [];
    return [
      warn(
        'retention-outlives-certificates',
        `the policy keeps backups of cluster ${cluster} for up to ${formatSpan(reachMs)}, and ${shortest.name} in them lives ${formatSpan(shortest.ms)}: an older one brings back expired certificates, which have to be renewed after a restore`,
        { cluster, certificate: shortest.name },
      ),
    ];
  });
}
