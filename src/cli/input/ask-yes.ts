import { throwIfInterrupted } from '../../base/index.ts';
import type { CliIo } from '../command/index.ts';
import { inputLines } from './standard-input.ts';

/** Asks on the terminal; anything but "yes" is a no. The end of the input too. Errors: INTERRUPTED. */
export async function askYes(question: string, io: CliIo): Promise<boolean> {
  io.stderr.write(`${question} Type yes to go on: `);
  for await (const line of inputLines(io)) return line.trim().toLowerCase() === 'yes';
  // Nobody has ended the line that the question stands in.
  io.stderr.write('\n');
  throwIfInterrupted(io.signal);
  return false;
}
