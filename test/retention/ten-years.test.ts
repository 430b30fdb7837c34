/** Ten years of backups, forgotten every day: what retention must never do, whatever happens. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import {
  decideRetention,
  type RetentionDecision,
  type RetentionFacts,
  type RetentionPolicy,
  type RetentionRecord,
} from '../../src/repository/retention/index.ts';
import { Random } from '../support/random.ts';
import { testSeed } from '../support/test-seed.ts';
import { rulesThatKeep } from './retention-oracle.ts';
import {
  dayMs,
  liveOneDay,
  newSimulation,
  type SimulatedBackup,
  type Simulation,
} from './simulated-clusters.ts';

const isSoak = process.env['HOLDFAST_SOAK'] === '1';
const startMs = Date.UTC(2026, 0, 1);
const days = 3653;
/** How often somebody looks at the doubtful ones and forgets them by hand. */
const tidyEveryDays = 45;

function randomPolicy(random: Random): RetentionPolicy {
  const maybe = (most: number) => (random.chance(0.4) ? random.int(1, most) : undefined);
  return {
    last: maybe(10),
    hourly: maybe(isSoak ? 48 : 12),
    daily: maybe(14),
    weekly: maybe(8),
    monthly: maybe(12),
    yearly: maybe(5),
    withinMs: random.chance(0.3) ? random.int(1, 40) * dayMs : undefined,
    // One rule at least: an empty policy would only pile up.
    ...(random.chance(0.5) ? { min: random.int(1, 8), daily: random.int(1, 7) } : { last: random.int(1, 9) }),
  };
}

for (let round = 0; round < (isSoak ? 30 : 2); round++)
  test(`ten years, round ${round}`, (t) => {
    const random = new Random(testSeed(t) + round);
    const simulation = newSimulation(random, startMs);
    const policy = randomPolicy(random);
    const counts = { forgotten: 0, doubtful: 0, failed: 0 };
    for (let day = 0; day < days; day++) {
      const nowMs = startMs + (day + 1) * dayMs;
      liveOneDay(simulation, nowMs - dayMs);
      const decisions = forgetAsOf(simulation, policy, nowMs, day % (isSoak ? 5 : 45) === 0);
      counts.forgotten += decisions.filter(({ keep }) => !keep).length;
      counts.doubtful = Math.max(counts.doubtful, countOf(decisions, 'doubtful-time'));
      counts.failed = Math.max(counts.failed, countOf(decisions, 'failed'));
      if (day % tidyEveryDays === 0) tidy(simulation, decisions, nowMs);
    }
    tell(t, policy, simulation, counts);
    assert.ok(counts.forgotten > 100 && counts.doubtful > 0, 'the years were eventful');
  });

/** One forget with its invariants. @param isThorough also against the model, and with everything done twice */
function forgetAsOf(
  simulation: Simulation,
  policy: RetentionPolicy,
  trueNowMs: number,
  isThorough: boolean,
): readonly RetentionDecision[] {
  const { random, backups } = simulation;
  const nowMs = clockOfForget(simulation, trueNowMs);
  const facts: RetentionFacts = { nowMs };
  const records = backups.map(({ record }) => record);
  const { decisions } = decideRetention(records, policy, facts);
  const kept = new Set(decisions.flatMap(({ id, keep }) => (keep ? [id] : [])));
  requireInvariants(backups, kept, policy);
  requirePins(records, kept);
  for (const { id, reasons } of decisions) assert.ok(reasons.length > 0, id);
  const left = backups.filter(({ record }) => kept.has(record.id));
  if (isThorough) {
    requireExplained(records, decisions, policy, facts);
    requireNothingMore(left, policy, facts);
    assert.deepEqual(decideRetention(shuffled(records, random), policy, facts).decisions, decisions);
  }
  simulation.backups = left;
  return decisions;
}

function requireInvariants(
  backups: readonly SimulatedBackup[],
  kept: ReadonlySet<string>,
  policy: RetentionPolicy,
): void {
  for (const cluster of new Set(backups.map(({ record }) => record.cluster))) {
    const own = backups.filter(({ record }) => record.cluster === cluster);
    const lastVerified = own.findLast(({ record }) => record.verification === 'passed');
    // By the true order, however wrong its clock was.
    if (lastVerified !== undefined)
      assert.ok(kept.has(lastVerified.record.id), 'the last verified one is left');
    const sound = own.filter(({ record }) => record.verification !== 'failed');
    const left = sound.filter(({ record }) => kept.has(record.id));
    assert.ok(left.length >= Math.min(sound.length, Math.max(1, policy.min ?? 1)), 'the minimum is left');
  }
}

/**
 * The clock of whoever forgets is wrong now and then, by an amount of its own, or by that of a host: one machine may
 * write, store and forget, and all three clocks are ahead together.
 */
function clockOfForget({ random, clusters }: Simulation, trueNowMs: number): number {
  if (random.chance(0.02)) return trueNowMs + random.pick([-1, 1]) * random.int(1, 4000) * dayMs;
  const wrong = clusters.filter(({ clock }) => clock.offMs !== 0);
  return wrong.length > 0 && random.chance(0.5) ? trueNowMs + random.pick(wrong).clock.offMs : trueNowMs;
}

/** Whatever any clock says. */
function requirePins(records: readonly RetentionRecord[], kept: ReadonlySet<string>): void {
  for (const { id, pin } of records) if (pin !== undefined) assert.ok(kept.has(id), 'what is pinned is left');
}

function requireExplained(
  records: readonly RetentionRecord[],
  decisions: readonly RetentionDecision[],
  policy: RetentionPolicy,
  facts: RetentionFacts,
): void {
  const expected = rulesThatKeep(records, policy, facts);
  for (const { id, keep, reasons } of decisions) {
    const rules = keep ? reasons.map(({ rule }) => rule).toSorted() : [];
    assert.deepEqual(rules, expected.get(id), id);
  }
}

function requireNothingMore(
  left: readonly SimulatedBackup[],
  policy: RetentionPolicy,
  facts: RetentionFacts,
): void {
  const again = decideRetention(
    left.map(({ record }) => record),
    policy,
    facts,
  );
  assert.deepEqual(
    again.decisions.filter(({ keep }) => !keep),
    [],
    'a second run forgets nothing more',
  );
}

/** Doubtful backups are forgotten by hand, and pins past their ends taken away, as the warnings say. */
function tidy(simulation: Simulation, decisions: readonly RetentionDecision[], trueNowMs: number): void {
  const doubtful = new Set(
    decisions.flatMap(({ id, reasons }) =>
      reasons.every(({ rule }) => rule === 'doubtful-time') ? [id] : [],
    ),
  );
  simulation.backups = simulation.backups.filter(({ record }) => !doubtful.has(record.id));
  for (const backup of simulation.backups)
    if (backup.record.pin !== undefined && backup.record.pin.untilMs! < trueNowMs)
      backup.record = { ...backup.record, pin: undefined };
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const keyed = items.map((item) => ({ item, key: random.next() }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
}

function countOf(decisions: readonly RetentionDecision[], rule: string): number {
  return decisions.filter(({ keep, reasons }) => keep && reasons.some((reason) => reason.rule === rule))
    .length;
}

function tell(t: TestContext, policy: RetentionPolicy, { made, backups }: Simulation, counts: object): void {
  t.diagnostic(`${made} backups, ${backups.length} left; ${JSON.stringify({ policy, ...counts })}`);
}
