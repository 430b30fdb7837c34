import { HoldfastError, throwIfInterrupted } from '../base/index.ts';
import { keepHead, keepTail } from './capped-output.ts';
import type { CommandOptions, CommandResult } from './command.ts';
import { type ProgramExit, type StartedProgram, startProgram } from './started-program.ts';

export const defaultMaxOutputBytes = 1 << 20;

/** The result of a program, or why it could not be started. */
export type ProgramResult = CommandResult & Pick<ProgramExit, 'startError'>;

/**
 * Runs a program to its end, whatever its exit status.
 * @param what what is run and where, for messages
 * Errors: HOST_COMMAND_FAILED (its arguments cannot be passed), TIMEOUT, INTERRUPTED.
 */
export async function runProgram(
  argv: readonly string[],
  what: string,
  options: CommandOptions,
): Promise<ProgramResult> {
  const maxOutputBytes = options.maxOutputBytes ?? defaultMaxOutputBytes;
  const stdout = keepHead(maxOutputBytes);
  const stderr = keepTail(maxOutputBytes);
  if (options.signal !== undefined) throwIfInterrupted(options.signal);
  const program = startProgram(argv);
  using limits = limitProgram(program, what, options);
  program.stdout.on('data', (chunk: Uint8Array) => stdout.add(chunk));
  program.stderr.on('data', (chunk: Uint8Array) => stderr.add(chunk));
  program.stdin.end(options.stdin ?? '');
  const exit = await program.closed;
  limits.throwIfReached();
  return {
    ...exit,
    stdout: stdout.text(),
    stderr: stderr.text(),
    isTruncated: stdout.isTruncated || stderr.isTruncated,
  };
}

/** What ends a program early. */
export interface ProgramLimits extends Disposable {
  /** TIMEOUT or INTERRUPTED when that is what ended it. */
  readonly reached: Error | undefined;
  throwIfReached(): void;
}

/** Stops a program on abort and when its time is over, until disposed. */
export function limitProgram(
  program: StartedProgram,
  what: string,
  { signal, timeoutMs }: Pick<CommandOptions, 'signal' | 'timeoutMs'>,
): ProgramLimits {
  let reached: Error | undefined;
  const stop = (reason: Error) => {
    reached ??= reason;
    program.stop();
  };
  const onAbort = () => stop(interruption(signal!));
  const timer =
    timeoutMs === undefined ? undefined : setTimeout(() => stop(timeout(what, timeoutMs)), timeoutMs);
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener('abort', onAbort);
  return {
    get reached() {
      return reached;
    },
    throwIfReached() {
      if (reached !== undefined) throw reached;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

function interruption(signal: AbortSignal): HoldfastError {
  const reason: unknown = signal.reason;
  if (reason instanceof HoldfastError) return reason;
  return new HoldfastError('INTERRUPTED', 'interrupted', { cause: reason });
}

function timeout(what: string, timeoutMs: number): HoldfastError {
  return new HoldfastError('TIMEOUT', `${what}: not done after ${timeoutMs} ms`, {
    hint: 'Run it by hand on that host to see what it waits for.',
  });
}
