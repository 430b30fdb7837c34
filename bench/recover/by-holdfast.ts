/** `holdfast recover` on the same control plane, with the times of its phases out of the journal that it leaves. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measure } from '../measure.ts';
import type { BenchPlane } from './bench-plane.ts';
import type { Lap, TimedRun } from './stopwatch.ts';

interface JournalLine {
  readonly atMs: number;
  readonly type: string;
  readonly step?: string;
  readonly state?: string;
}

/** Steps whose end ends what a person would call a step. */
const lapEnds: readonly (readonly [title: string, step: string])[] = [
  ['stage: restore, check, compute what etcd must answer', 'stage/fence-dir'],
  ['fence: stop everything', 'fence/etcd-gone'],
  ['swap', 'swap/place-0'],
  ['start etcd', 'verify/etcd-ready'],
  ['verify etcd: hash, keys, revision, members', 'verify/etcd'],
  ['start the API server', 'verify/api-server-ready'],
];

export interface HoldfastRun extends TimedRun {
  /** What comes after the API server is ready: its lists compared, the other components, the ledger. */
  readonly after: Lap;
}

/** @param holdfast how the program is run */
export async function recoverByHoldfast(
  { plane, snapshot }: BenchPlane,
  holdfast: readonly string[],
): Promise<HoldfastRun> {
  const startedMs = Date.now();
  const flags = [`--root=${plane.root}`, '--yes', `--log-file=${join(plane.root, 'restore.txt')}`];
  const run = await measure({ label: 'holdfast', argv: [...holdfast, 'recover', snapshot, ...flags] });
  const endedMs = Date.now();
  const lines = await newestJournal(join(plane.root, 'var/lib/holdfast/recover/closed'));
  const atMs = (step: string) => {
    const done = lines.findLast((line) => line.step === step && line.state === 'done');
    if (done === undefined) throw new Error(`the journal does not tell when ${step} was done`);
    return done.atMs;
  };
  const plannedMs = lines[0]!.atMs;
  const laps: Lap[] = [['plan and preflight', (plannedMs - startedMs) / 1000]];
  let lapMs = plannedMs;
  for (const [title, step] of lapEnds) {
    laps.push([title, (atMs(step) - lapMs) / 1000]);
    lapMs = atMs(step);
  }
  return {
    ...run,
    wallSeconds: (lapMs - startedMs) / 1000,
    laps,
    downFrom: lapEnds[1]![0],
    after: ['compare lists, start the others, commit', (endedMs - lapMs) / 1000],
  };
}

async function newestJournal(directory: string): Promise<JournalLine[]> {
  const newest = (await readdir(directory)).sort().at(-1);
  if (newest === undefined) throw new Error(`no journal in ${directory}`);
  const text = await readFile(join(directory, newest), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JournalLine);
}
