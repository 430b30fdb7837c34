/** Clusters that are backed up for years, with all that goes wrong in years. Time here is the true one. */
import type { RetentionRecord } from '../../src/repository/retention/index.ts';
import type { Random } from '../support/random.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** A backup with what really happened to it. */
export interface SimulatedBackup {
  record: RetentionRecord;
  /** When it was made by a clock that is right. */
  readonly trueMs: number;
}

export interface SimulatedCluster {
  readonly name: string;
  readonly everyHours: number;
  revision: bigint;
  nextMs: number;
  /** How wrong the clock of its host is, and whether the store's goes with it. */
  clock: { readonly offMs: number; readonly isStoreToo: boolean; readonly untilMs: number };
  /** Until when nothing passes a verification. */
  failingUntilMs: number;
}

export interface Simulation {
  readonly random: Random;
  readonly clusters: readonly SimulatedCluster[];
  backups: SimulatedBackup[];
  made: number;
}

const right = { offMs: 0, isStoreToo: false, untilMs: 0 };

export function newSimulation(random: Random, startMs: number): Simulation {
  const clusters = ['a', 'b', 'c'].map((name) => ({
    name,
    everyHours: random.pick([4, 6, 12, 24, 24 * 7]),
    revision: BigInt(random.int(1, 1e6)),
    nextMs: startMs + random.int(0, 24) * hourMs,
    clock: right,
    failingUntilMs: 0,
  }));
  return { random, clusters, backups: [], made: 0 };
}

/** One day: backups are made, some verified, some pinned; clocks jump, hosts go away, clusters are restored. */
export function liveOneDay(simulation: Simulation, dayStartMs: number): void {
  for (const cluster of simulation.clusters) {
    suffer(simulation, cluster, dayStartMs);
    for (; cluster.nextMs < dayStartMs + dayMs; cluster.nextMs += cluster.everyHours * hourMs)
      if (cluster.nextMs >= dayStartMs) makeBackup(simulation, cluster, cluster.nextMs);
    verifySome(simulation, cluster, dayStartMs + dayMs);
  }
}

function suffer({ random, backups }: Simulation, cluster: SimulatedCluster, nowMs: number): void {
  if (cluster.clock.untilMs < nowMs) cluster.clock = right;
  if (random.chance(0.005)) {
    const amount = random.pick([3 * hourMs, 20 * hourMs, 3 * dayMs, 40 * dayMs, 400 * dayMs, 5000 * dayMs]);
    cluster.clock = {
      offMs: random.chance(0.5) ? amount : -amount,
      isStoreToo: random.chance(0.5),
      untilMs: nowMs + random.int(0, 10) * dayMs,
    };
  }
  // Gone for weeks or months.
  if (random.chance(0.003)) cluster.nextMs += random.int(5, 200) * dayMs;
  if (random.chance(0.005)) cluster.failingUntilMs = nowMs + random.int(1, 60) * dayMs;
  const own = backups.filter(({ record }) => record.cluster === cluster.name);
  if (own.length > 0 && random.chance(0.002)) cluster.revision = random.pick(own).record.revision;
}

function makeBackup(simulation: Simulation, cluster: SimulatedCluster, trueMs: number): void {
  const { random } = simulation;
  const { offMs, isStoreToo } = cluster.clock;
  // Nobody writes for a while now and then.
  if (random.chance(0.8)) cluster.revision += BigInt(random.int(1, 5000));
  const own = simulation.backups.filter(({ record }) => record.cluster === cluster.name);
  const parent = own.at(-1)?.record;
  const known = parent === undefined ? new Set() : knownBy(parent, own);
  const record: RetentionRecord = {
    id: `${cluster.name}-${String(simulation.made++).padStart(6, '0')}`,
    cluster: cluster.name,
    createdAtMs: trueMs + offMs,
    storedAtMs: trueMs + (isStoreToo ? offMs : 0) + random.int(0, 1800) * 1000,
    revision: cluster.revision,
    parent: parent?.id,
    seen: own.flatMap(({ record: { id } }) => (known.has(id) || id === parent?.id ? [] : [id])),
    verification: 'none',
    // Until a time by the clock of who pins, which is right or one of those that are wrong.
    pin: random.chance(0.002)
      ? { reason: 'kept', untilMs: trueMs + random.pick([0, offMs]) + random.int(1, 900) * dayMs }
      : undefined,
  };
  simulation.backups.push({ record, trueMs });
}

function knownBy(record: RetentionRecord, own: readonly SimulatedBackup[]): ReadonlySet<string> {
  const byId = new Map(own.map((backup) => [backup.record.id, backup.record]));
  const known = new Set<string>();
  const ahead = [record.parent, ...record.seen];
  for (let id = ahead.pop(); ahead.length > 0 || id !== undefined; id = ahead.pop()) {
    if (id === undefined || known.has(id)) continue;
    known.add(id);
    const next = byId.get(id);
    if (next !== undefined) ahead.push(next.parent, ...next.seen);
  }
  return known;
}

/** Now and then one of the newest, seldom an old one: what passed once may fail later. */
function verifySome({ random, backups }: Simulation, cluster: SimulatedCluster, nowMs: number): void {
  const own = backups.filter(({ record, trueMs }) => record.cluster === cluster.name && trueMs < nowMs);
  if (own.length === 0 || random.chance(0.7)) return;
  const chosen = random.chance(0.8) ? own.at(-1)! : random.pick(own);
  const passes = cluster.failingUntilMs < nowMs && random.chance(0.9);
  chosen.record = { ...chosen.record, verification: passes ? 'passed' : 'failed' };
}
