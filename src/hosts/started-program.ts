import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { errnoOf, HoldfastError } from '../base/index.ts';

export interface ProgramExit {
  /** Null when a signal ended it, or when it was never started. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why it could not be started. */
  readonly startError?: Error;
}

/** A program that runs, in a process group of its own. */
export interface StartedProgram {
  readonly stdin: ChildProcessWithoutNullStreams['stdin'];
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** When the program has ended; never rejects. There may be output yet to be read. */
  readonly exited: Promise<ProgramExit>;
  /** When it has ended and both outputs have been read to their end. */
  readonly closed: Promise<ProgramExit>;
  /** Asks the group to stop, and kills what is left of it after a grace. Does nothing once the program has ended. */
  stop(): void;
}

const stopGraceMs = 2000;
/** How long an output that is open but silent is listened to after the program has ended. */
const silenceMs = 1000;

/**
 * Starts a program of this machine, found as a shell would find it.
 * Errors: HOST_COMMAND_FAILED when the arguments cannot be passed; a program that is not there shows in `exited`.
 */
export function startProgram(argv: readonly string[]): StartedProgram {
  const [file = '', ...args] = argv;
  let child: ChildProcessWithoutNullStreams;
  try {
    // A group of its own: Ctrl-C at the terminal is for us, and what the program starts ends with it.
    child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  } catch (error) {
    throw cannotStart(file, error);
  }
  // A program that ends without reading its input is no failure of ours.
  child.stdin.on('error', () => {});
  const exited = new Promise<ProgramExit>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    child.on('error', (startError) => resolve({ exitCode: null, signal: null, startError }));
  });
  const closed = new Promise<ProgramExit>((resolve) => {
    child.once('close', () => resolve(exited));
  });
  child.once('exit', () => {
    closeWhenSilent(child.stdout);
    closeWhenSilent(child.stderr);
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    closed,
    stop: () => stopGroup(child),
  };
}

/**
 * What a program prints, piece by piece; the next is read when it is asked for. It ends with the output, also with one
 * that was closed early: what there is to say about that, the end of the program says. It stays open for a reader that
 * stops.
 */
export async function* readOutput(output: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of output.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
  } catch (error) {
    if (!output.destroyed) throw error;
  }
}

/** The error for a program that could not be started. */
export function cannotStart(program: string, cause: unknown): HoldfastError {
  const errno = errnoOf(cause);
  const reason = errno ?? (cause instanceof Error ? cause.message : String(cause));
  return new HoldfastError('HOST_COMMAND_FAILED', `cannot start ${program}: ${reason}`, {
    hint: 'Check that the program is there and may be run.',
    details: { program, ...(errno === undefined ? {} : { errno }) },
    cause,
  });
}

function stopGroup(child: ChildProcessWithoutNullStreams): void {
  if (child.pid === undefined || hasEnded(child)) return;
  signalGroup(child.pid, 'SIGTERM');
  const timer = setTimeout(() => {
    if (!hasEnded(child)) signalGroup(child.pid!, 'SIGKILL');
  }, stopGraceMs);
  child.once('exit', () => clearTimeout(timer));
}

function hasEnded(child: ChildProcessWithoutNullStreams): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}

/**
 * A daemon that the program left behind may hold its output open for ever. Once the program has ended, an output with
 * nothing in it and nothing coming is over.
 */
function closeWhenSilent(output: Readable & { readonly bytesRead?: number }): void {
  if (output.closed) return;
  let seen = output.bytesRead;
  const timer = setInterval(() => {
    if (output.readableLength > 0 || output.bytesRead !== seen) seen = output.bytesRead;
    else output.destroy();
  }, silenceMs).unref();
  output.once('close', () => clearInterval(timer));
}
