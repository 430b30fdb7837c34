import type { OperationContext } from '../progress/index.ts';
import { throwIfInterrupted, yieldToEventLoop } from './interrupt.ts';

/**
 * A long computation as a generator: it yields the bytes walked so far about every few milliseconds, and returns its
 * result. Code that knows no event loop stays plain, and its caller decides whether others may run in between.
 */
export type Steps<T> = Generator<number, T, void>;

/** Runs steps without a pause. */
export function runToEnd<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Runs steps as a phase of an operation: reports progress, lets timers and sockets run, stops when asked to.
 * Throws INTERRUPTED, and what the steps throw.
 */
export async function runPhase<T>(
  steps: Steps<T>,
  ctx: OperationContext,
  { phase, totalBytes }: { readonly phase: string; readonly totalBytes: number },
): Promise<T> {
  const startedMs = ctx.clock.monotonicMs();
  ctx.events({ type: 'phase-started', phase, totalBytes });
  throwIfInterrupted(ctx.signal);
  for (;;) {
    const step = steps.next();
    if (step.done === true) {
      ctx.events({ type: 'phase-finished', phase, tookMs: ctx.clock.monotonicMs() - startedMs });
      return step.value;
    }
    ctx.events({ type: 'phase-progress', phase, doneBytes: Math.min(step.value, totalBytes), totalBytes });
    await yieldToEventLoop();
    throwIfInterrupted(ctx.signal);
  }
}

const sliceBytes = 4 << 20;
const sliceRows = 16_384;

/** Counts the work of a loop over rows and says when a slice is full. */
export class SliceMeter {
  /** Bytes of all rows counted so far, divided by the number of passes over them. */
  doneBytes = 0;
  readonly #passes: number;
  #rows = 0;
  #sliceEnd = sliceBytes;

  constructor(passes = 1) {
    this.#passes = passes;
  }

  /** Counts one row; true when it is time to yield `doneBytes`. */
  count(rowBytes: number): boolean {
    this.doneBytes += rowBytes / this.#passes;
    if (++this.#rows < sliceRows && this.doneBytes < this.#sliceEnd) return false;
    this.#rows = 0;
    this.#sliceEnd = this.doneBytes + sliceBytes;
    return true;
  }
}
