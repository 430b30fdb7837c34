/** Progress of an operation on standard error: a bar that redraws itself, or a line now and then. */
import type { Clock, OperationEvent } from '../../base/index.ts';
import type { CliStream } from '../command/index.ts';
import { formatHumanSize } from '../output/index.ts';

export type ProgressMode = 'bar' | 'plain' | 'none';

export interface Progress {
  event(event: OperationEvent): void;
  /** Takes the bar off the terminal, so that other lines stay whole; the next event draws it again. */
  clear(): void;
}

/** Redrawing more often costs time and shows nothing. */
const barEveryMs = 100;
const lineEveryMs = 3000;
/** The rate is the mean of this long. */
const windowMs = 5000;

interface Sample {
  readonly atMs: number;
  readonly doneBytes: number;
}

/**
 * `auto` is a bar on a terminal and plain lines elsewhere.
 *
 * @param isParsed whether a program may read the stream: `auto` keeps out of its way
 */
export function progressMode(asked: string, isTerminal: boolean, isParsed: boolean): ProgressMode {
  if (asked !== 'auto') return asked === 'none' ? 'none' : 'plain';
  if (isTerminal) return 'bar';
  return isParsed ? 'none' : 'plain';
}

export function createProgress(mode: ProgressMode, stream: CliStream, clock: Clock): Progress {
  if (mode === 'none') return { event() {}, clear() {} };
  /** What was heard of each phase that goes on. Of those side by side the one that began last is shown. */
  const phases = new Map<string, Sample[]>();
  let drawnAtMs = clock.monotonicMs();
  let isDrawn = false;
  const clear = () => {
    if (isDrawn) stream.write('\r\u001b[K');
    isDrawn = false;
  };
  const draw = (phase: string, doneBytes: number, totalBytes: number | undefined) => {
    const now = clock.monotonicMs();
    const heard = phases.get(phase) ?? [];
    heard.push({ atMs: now, doneBytes });
    if ([...phases.keys()].at(-1) !== phase) return;
    if (now - drawnAtMs < (mode === 'bar' ? barEveryMs : lineEveryMs)) return;
    drawnAtMs = now;
    const samples = heard.filter(({ atMs }) => now - atMs <= windowMs);
    phases.set(phase, samples);
    const text = describeProgress(phase, doneBytes, totalBytes, rateOf(samples));
    if (mode === 'plain') {
      stream.write(`${text}\n`);
      return;
    }
    const bar = totalBytes === undefined ? '' : `${drawBar(doneBytes / totalBytes)} `;
    stream.write(`\r${`${bar}${text}`.slice(0, (stream.columns ?? 80) - 1)}\u001b[K`);
    isDrawn = true;
  };
  return {
    clear,
    event(event) {
      if (event.type === 'phase-started') {
        phases.delete(event.phase);
        phases.set(event.phase, [{ atMs: clock.monotonicMs(), doneBytes: 0 }]);
        if (phases.size === 1) drawnAtMs = clock.monotonicMs();
      } else if (event.type === 'phase-progress') draw(event.phase, event.doneBytes, event.totalBytes);
      else if (event.type === 'phase-finished') {
        phases.delete(event.phase);
        clear();
      }
    },
  };
}

/** "save: 43%, 512 MB of 1.2 GB, 210 MB/s, 3 s left" */
export function describeProgress(
  phase: string,
  doneBytes: number,
  totalBytes: number | undefined,
  bytesPerSecond: number,
): string {
  const rate = `${formatHumanSize(Math.round(bytesPerSecond))}/s`;
  if (totalBytes === undefined || totalBytes === 0) return `${phase}: ${formatHumanSize(doneBytes)}, ${rate}`;
  const percent = Math.floor((doneBytes / totalBytes) * 100);
  const parts = [
    `${phase}: ${percent}%`,
    `${formatHumanSize(doneBytes)} of ${formatHumanSize(totalBytes)}`,
    rate,
  ];
  if (bytesPerSecond > 0) parts.push(`${timeLeft((totalBytes - doneBytes) / bytesPerSecond)} left`);
  return parts.join(', ');
}

function rateOf(samples: readonly Sample[]): number {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
  return ((last.doneBytes - first.doneBytes) / (last.atMs - first.atMs)) * 1000;
}

function timeLeft(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function drawBar(share: number): string {
  const width = 24;
  const full = Math.min(width, Math.max(0, Math.floor(share * width)));
  return `[${'='.repeat(full)}${' '.repeat(width - full)}]`;
}
