import { setTimeout as pause } from 'node:timers/promises';
import { HoldfastError } from '../errors/index.ts';
import type { OperationContext } from '../progress/index.ts';
import { throwIfInterrupted } from './interrupt.ts';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Pause between two looks; default 200. */
  readonly everyMs?: number;
}

/** What a look at the world found: done, or not yet and why. */
export type Looked<T> = { readonly done: T } | { readonly waitingFor: string };

/**
 * Looks again and again until what is waited for has happened. For what nobody announces: processes of others that
 * end, servers that come up.
 *
 * Errors: TIMEOUT with what was still missing at the last look, INTERRUPTED, and what `look` throws.
 */
export async function waitUntil<T>(
  what: string,
  look: () => Promise<Looked<T>>,
  { timeoutMs, everyMs = 200 }: WaitOptions,
  ctx: OperationContext,
): Promise<T> {
  const endMs = ctx.clock.monotonicMs() + timeoutMs;
  for (;;) {
    throwIfInterrupted(ctx.signal);
    const looked = await look();
    if ('done' in looked) return looked.done;
    if (ctx.clock.monotonicMs() >= endMs) throw timedOut(what, looked.waitingFor, timeoutMs);
    await pause(everyMs, undefined, { signal: ctx.signal }).catch(() => throwIfInterrupted(ctx.signal));
  }
}

function timedOut(what: string, waitingFor: string, timeoutMs: number): HoldfastError {
  return new HoldfastError(
    'TIMEOUT',
    `${what}: not after ${Math.round(timeoutMs / 1000)} s (${waitingFor})`,
    { details: { waitingFor, timeoutMs } },
  );
}
