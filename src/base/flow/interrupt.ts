import { HoldfastError } from '../errors/index.ts';

/** Throws INTERRUPTED when the signal is aborted. Long loops call it between slices of work. */
export function throwIfInterrupted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  const reason: unknown = signal.reason;
  if (reason instanceof HoldfastError) throw reason;
  throw new HoldfastError('INTERRUPTED', 'interrupted', { cause: reason });
}

/** Lets timers, signals and sockets run before a long synchronous loop goes on. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
