import { throwIfInterrupted } from '../../base/index.ts';
import type { CliIo } from '../command/index.ts';
import { inputLines } from './standard-input.ts';

/**
 * Asks on the terminal; anything but "yes" is a no. The end of the input too. Errors: INTERRUPTED, at once: a terminal
 * gives nothing to read at Ctrl-C.
 */
export async function askYes(question: string, io: CliIo): Promise<boolean> {
  io.stderr.write(`${question} Type yes to go on: `);
  const line = await Promise.race([firstLine(io), aborted(io.signal)]);
  // Nobody has ended the line that the question stands in.
  if (line === undefined) io.stderr.write('\n');
  throwIfInterrupted(io.signal);
  return line?.trim().toLowerCase() === 'yes';
}

async function firstLine(io: CliIo): Promise<string | undefined> {
  for await (const line of inputLines(io)) return line;
  return undefined;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
