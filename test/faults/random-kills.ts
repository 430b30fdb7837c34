/** Kills of a command at random moments of its real duration, and right after names that appear while it runs. */
import { type FSWatcher, watch } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../support/random.ts';
import type { RunResult } from '../support/run-command.ts';
import type { RunningHoldfast } from './holdfast-process.ts';

/** When to kill: so long after the start, after the first change of the directory, or as soon as a name appears. */
export type Moment =
  | { readonly after: 'start' | 'first change'; readonly ms: number }
  | { readonly whenAppears: RegExp };

/** How long a command takes, measured on whole runs: until its first change of the directory, and from then on. */
export interface Duration {
  readonly startMs: number;
  readonly workMs: number;
}

export interface WatchedRun {
  readonly result: RunResult;
  /** Undefined when nothing in the directory changed. */
  readonly duration: Duration | undefined;
}

/** Runs a command to its end and measures it. */
export async function measuredRun(directory: string, start: () => RunningHoldfast): Promise<WatchedRun> {
  const startedMs = performance.now();
  let firstChangeMs: number | undefined;
  using _ = watching(directory, () => (firstChangeMs ??= performance.now()));
  const result = await start().ended;
  const endedMs = performance.now();
  // Its end may be told ahead of its changes when we were not let run meanwhile.
  await nextTurn();
  if (firstChangeMs === undefined) return { result, duration: undefined };
  const changedMs = Math.min(firstChangeMs, endedMs);
  return { result, duration: { startMs: changedMs - startedMs, workMs: endedMs - changedMs } };
}

/** Runs a command and kills it with SIGKILL at a moment, unless it has ended by then. */
export async function killedRun(
  directory: string,
  start: () => RunningHoldfast,
  moment: Moment,
): Promise<RunResult> {
  const stop = new AbortController();
  const killAfter = async (ms: number) => {
    await delay(ms, undefined, { signal: stop.signal }).catch(() => undefined);
    running.kill('SIGKILL');
  };
  let changed = false;
  using _ = watching(directory, (name) => {
    if ('whenAppears' in moment) {
      if (moment.whenAppears.test(name)) running.kill('SIGKILL');
    } else if (moment.after === 'first change' && !changed) void killAfter(moment.ms);
    changed = true;
  });
  const running = start();
  if ('after' in moment && moment.after === 'start') void killAfter(moment.ms);
  try {
    return await running.ended;
  } finally {
    stop.abort();
  }
}

/**
 * The next random moment: mostly in the work, some while the program starts, and some right after one of the names
 * that only appear while everything is put in its place.
 */
export function randomMoment(
  random: Random,
  { startMs, workMs }: Duration,
  names: readonly RegExp[],
): Moment {
  const kind = random.next();
  if (kind < 0.1) return { after: 'start', ms: random.next() * startMs };
  if (kind < 0.3) return { whenAppears: random.pick(names) };
  return { after: 'first change', ms: random.next() * workMs };
}

export function describeMoment(moment: Moment): string {
  return 'whenAppears' in moment
    ? `when ${moment.whenAppears} appears`
    : `${moment.ms.toFixed(1)} ms after the ${moment.after}`;
}

function watching(directory: string, onChange: (name: string) => void): Disposable {
  const watcher: FSWatcher = watch(directory, (_event, name) => {
    onChange(name ?? '');
  });
  return {
    [Symbol.dispose]: () => {
      watcher.close();
    },
  };
}
