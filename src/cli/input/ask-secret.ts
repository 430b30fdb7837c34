import { HoldfastError } from '../../base/index.ts';

/**
 * Reads one line from the terminal without showing it; the prompt goes to stderr.
 * Errors: INTERRUPTED on Ctrl-C, which arrives as a key while nothing is shown, and when the signal is aborted.
 */
export async function askSecret(prompt: string, signal: AbortSignal): Promise<string> {
  const input = process.stdin;
  input.setRawMode(true);
  process.stderr.write(prompt);
  // Ends the wait for a key.
  const onAbort = () => input.destroy();
  signal.addEventListener('abort', onAbort);
  let secret = '';
  try {
    for await (const chunk of input.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>)
      for (const key of Buffer.from(chunk).toString()) {
        if (key === '\r' || key === '\n' || key === '\u0004') return secret;
        if (key === '\u0003') throw interrupted();
        if (key === '\u007f' || key === '\b') secret = Array.from(secret).slice(0, -1).join('');
        else secret += key;
      }
  } catch (error) {
    throw signal.aborted ? interrupted() : error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (!input.destroyed) input.setRawMode(false).pause();
    process.stderr.write('\n');
  }
  throw interrupted();
}

function interrupted(): HoldfastError {
  return new HoldfastError('INTERRUPTED', 'interrupted');
}
