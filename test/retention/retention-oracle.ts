/**
 * Retention said once more, in the simplest way and without a word of the real one: which rules keep each backup.
 * UTC only; backups, policy and facts as the real one takes them.
 */
import type {
  RetentionFacts,
  RetentionPolicy,
  RetentionRecord,
} from '../../src/repository/retention/index.ts';

const hour = 3_600_000;

/** The rules that keep each backup, by id; a backup that is forgotten has none. */
export function rulesThatKeep(
  records: readonly RetentionRecord[],
  policy: RetentionPolicy,
  facts: RetentionFacts,
): ReadonlyMap<string, readonly string[]> {
  const kept = new Map<string, Set<string>>(records.map(({ id }) => [id, new Set()]));
  const clusters = new Set(records.map(({ cluster }) => cluster));
  const credible: RetentionRecord[] = [];
  for (const cluster of clusters) {
    const own = records.filter((record) => record.cluster === cluster);
    const doubtful = new Set(own.filter((record) => isDoubtful(record, own, facts)));
    for (const { id } of doubtful) kept.get(id)!.add('doubtful-time');
    credible.push(...own.filter((record) => !doubtful.has(record)));
  }
  for (const cluster of clusters) {
    const own = credible.filter((record) => record.cluster === cluster);
    const everyone = records.filter((record) => record.cluster === cluster);
    keepByPolicy(own, everyone, policy, kept);
  }
  for (const { id, pin } of records) if (pin !== undefined) kept.get(id)!.add('pinned');
  for (const cluster of clusters) {
    const sound = newestFirst(
      credible.filter((record) => record.cluster === cluster && record.verification !== 'failed'),
    );
    for (const { id } of sound) {
      const left = sound.filter((record) => kept.get(record.id)!.size > 0).length;
      if (left < (policy.min ?? 0) && kept.get(id)!.size === 0) kept.get(id)!.add('min');
    }
  }
  return new Map([...kept].map(([id, rules]) => [id, [...rules].toSorted()]));
}

function keepByPolicy(
  own: readonly RetentionRecord[],
  everyone: readonly RetentionRecord[],
  policy: RetentionPolicy,
  kept: ReadonlyMap<string, Set<string>>,
): void {
  const sound = newestFirst(own.filter(({ verification }) => verification !== 'failed'));
  const keep = (rule: string, list: readonly RetentionRecord[]) => {
    for (const { id } of list) kept.get(id)!.add(rule);
  };
  const passed = sound.filter(({ verification }) => verification === 'passed');
  keep('last-verified', passed.slice(0, 1));
  keep(
    'failed',
    everyone.filter(
      (record) => record.verification === 'failed' && !passed.some((good) => isNewer(good, record)),
    ),
  );
  keep('last', sound.slice(0, policy.last ?? 0));
  for (const rule of ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const) {
    const newestOf = new Map<string, RetentionRecord>();
    for (const record of sound.toReversed()) newestOf.set(bucketOf(rule, record.createdAtMs), record);
    keep(rule, newestFirst([...newestOf.values()]).slice(0, policy[rule] ?? 0));
  }
  const span = policy.withinMs ?? 0;
  const ageOf = (index: number) => {
    let age = 0;
    for (let newer = 0; newer < index; newer++) {
      const pause = sound[newer]!.createdAtMs - sound[newer + 1]!.createdAtMs;
      age += pause > span / 2 ? span / 2 : pause;
    }
    return age;
  };
  if (span > 0)
    keep(
      'within',
      sound.filter((_, index) => ageOf(index) <= span),
    );
}

function isDoubtful(
  record: RetentionRecord,
  own: readonly RetentionRecord[],
  facts: RetentionFacts,
): boolean {
  if (isOdd(record, facts)) return true;
  const others = own.filter((other) => other !== record && !isOdd(other, facts));
  return others.some((other) => contradict(record, other, own) || contradict(other, record, own));
}

function isOdd({ createdAtMs, storedAtMs }: RetentionRecord, { nowMs }: RetentionFacts): boolean {
  if (createdAtMs > nowMs + hour || storedAtMs! > nowMs + hour) return true;
  return createdAtMs > storedAtMs! + hour || createdAtMs < storedAtMs! - 24 * hour;
}

/** Whether `late` has the later time by far, and yet came first. */
function contradict(early: RetentionRecord, late: RetentionRecord, own: readonly RetentionRecord[]): boolean {
  if (late.createdAtMs - early.createdAtMs <= hour) return false;
  if ([early.parent, ...early.seen].includes(late.id)) return true;
  return late.revision < early.revision && !reaches(late, early.id, own);
}

function reaches(from: RetentionRecord, id: string, own: readonly RetentionRecord[]): boolean {
  const met = new Set<string>();
  const visit = (record: RetentionRecord | undefined): boolean => {
    if (record === undefined || met.has(record.id)) return false;
    met.add(record.id);
    const names = [record.parent, ...record.seen];
    return names.includes(id) || names.some((name) => visit(own.find((other) => other.id === name)));
  };
  return visit(from);
}

function bucketOf(rule: 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly', timeMs: number): string {
  const date = new Date(timeMs);
  const days = Math.floor(timeMs / (24 * hour));
  switch (rule) {
    case 'hourly':
      return String(Math.floor(timeMs / hour));
    case 'daily':
      return String(days);
    case 'weekly':
      // 1970-01-05 was a Monday.
      return String(Math.floor((days - 4) / 7));
    case 'monthly':
      return `${date.getUTCFullYear()} ${date.getUTCMonth()}`;
    case 'yearly':
      return String(date.getUTCFullYear());
  }
}

function isNewer(a: RetentionRecord, b: RetentionRecord): boolean {
  return a.createdAtMs > b.createdAtMs || (a.createdAtMs === b.createdAtMs && a.id > b.id);
}

function newestFirst(records: readonly RetentionRecord[]): readonly RetentionRecord[] {
  return records.toSorted((a, b) => (isNewer(a, b) ? -1 : 1));
}
