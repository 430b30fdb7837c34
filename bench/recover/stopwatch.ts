import type { Run } from '../measure.ts';

/** A step with the seconds that it took. */
export type Lap = readonly [step: string, seconds: number];

/** `wallSeconds` is the time until the API server is ready. */
export interface TimedRun extends Run {
  readonly laps: readonly Lap[];
  /** The first step during which the control plane is not there. */
  readonly downFrom: string;
}

export class Stopwatch {
  readonly laps: Lap[] = [];
  readonly #startedMs = performance.now();
  #lapMs = this.#startedMs;

  /** Ends a step. */
  lap(step: string): void {
    const nowMs = performance.now();
    this.laps.push([step, (nowMs - this.#lapMs) / 1000]);
    this.#lapMs = nowMs;
  }

  get totalSeconds(): number {
    return (this.#lapMs - this.#startedMs) / 1000;
  }
}

/** From the first step without a control plane to the last that counts. */
export function downSeconds({ laps, downFrom }: TimedRun): number {
  const first = laps.findIndex(([step]) => step === downFrom);
  return laps.slice(first).reduce((sum, [, seconds]) => sum + seconds, 0);
}
