/**
 * Whole-process measurements: wall time, processor time and peak memory as the kernel accounts them, through
 * `/usr/bin/time`. Two commands are run in turn, A B A B …, so that a drifting machine touches both alike.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, openSync, readFileSync, closeSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Command {
  readonly label: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Run before each timed run: removes the output of the one before. */
  readonly prepare?: () => Promise<void>;
}

export interface Run {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
}

export interface Comparison {
  readonly ours: readonly Run[];
  readonly peer: readonly Run[];
}

const timeProgram = '/usr/bin/time';

/** Throws with what to install when the machine cannot measure. */
export function requireTimeProgram(): void {
  if (!existsSync(timeProgram)) throw new Error(`${timeProgram} is missing: install the package "time"`);
}

/** Runs both commands in turn: one warm-up each, then `rounds` counted runs. */
export async function compare(
  ours: Command,
  peer: Command,
  rounds: number,
  beforeEach: () => void,
): Promise<Comparison> {
  const result = { ours: [] as Run[], peer: [] as Run[] };
  for (let round = 0; round <= rounds; round++) {
    for (const side of ['ours', 'peer'] as const) {
      const command = side === 'ours' ? ours : peer;
      await command.prepare?.();
      beforeEach();
      const run = await measure(command);
      if (round > 0) result[side].push(run);
    }
  }
  return result;
}

/** Runs one command; throws with its output when it fails. */
export async function measure(command: Command): Promise<Run> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  try {
    const report = join(directory, 'time');
    const outputFile = join(directory, 'output');
    const output = openSync(outputFile, 'w');
    const started = performance.now();
    const child = spawn(timeProgram, ['-f', '%U %S %M', '-o', report, ...command.argv], {
      stdio: ['ignore', output, output],
      env: { ...process.env, ...command.env },
    });
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    const wallSeconds = (performance.now() - started) / 1000;
    closeSync(output);
    if (status !== 0)
      throw new Error(`${command.argv.join(' ')}: exit ${status}\n${readFileSync(outputFile, 'utf8')}`);
    const [user, system, kilobytes] = readFileSync(report, 'utf8').trim().split(' ').map(Number);
    return { wallSeconds, cpuSeconds: user! + system!, peakMegabytes: kilobytes! / 1024 };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Clock ticks of /proc in a second. */
const ticks = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout);

export interface ProcessUse extends Pick<Run, 'cpuSeconds' | 'peakMegabytes'> {
  /** Of its memory now, what is not a view of a file. */
  readonly ownMegabytes: number;
}

/** What a running process has used so far. Its peak counts the pages of mapped files that it has touched. */
export function processUse(pid: number): ProcessUse {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
    .map(Number);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return {
    cpuSeconds: (fields[11]! + fields[12]!) / ticks,
    peakMegabytes: megabytes('VmHWM'),
    ownMegabytes: megabytes('RssAnon'),
  };
}

/** Empties the page cache; returns false where that takes rights that we do not have. */
export function tryDropCaches(): boolean {
  try {
    const fd = openSync('/proc/sys/vm/drop_caches', 'w');
    writeSync(fd, '3');
    closeSync(fd);
    return true;
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      ['EACCES', 'EROFS', 'ENOENT', 'EPERM'].includes(String(error.code))
    ) {
      return false;
    }
    throw error;
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
