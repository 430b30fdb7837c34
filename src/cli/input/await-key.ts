import { once } from 'node:events';
import { HoldfastError } from '../../base/index.ts';

/**
 * Waits for one key on the terminal. Errors: INTERRUPTED on Ctrl-C and Ctrl-D, which arrive as keys meanwhile, when the
 * terminal is gone, and when the signal is aborted.
 */
export async function awaitKey(signal: AbortSignal): Promise<void> {
  const input = process.stdin;
  input.setRawMode(true);
  try {
    // It was paused after the key before.
    input.resume();
    const key = await Promise.race([once(input, 'data', { signal }), once(input, 'end', { signal })]);
    if (/^[\u0003\u0004]?$/.test(String(key))) throw new HoldfastError('INTERRUPTED', 'interrupted');
  } catch (error) {
    throw signal.aborted ? new HoldfastError('INTERRUPTED', 'interrupted') : error;
  } finally {
    if (!input.destroyed) input.setRawMode(false).pause();
  }
}
