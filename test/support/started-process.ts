import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, open } from 'node:fs/promises';
import { environment } from './run-command.ts';

/** A program that runs until it is told to stop. Its output goes to a log file. */
export interface StartedProcess extends AsyncDisposable {
  readonly pid: number;
  /** Undefined while it runs; how it ended afterwards. */
  readonly ended: string | undefined;
  readonly whenEnded: Promise<void>;
  /** Asks it to stop, and kills it when it does not within `graceMs` (10 s by default). */
  stop(graceMs?: number): Promise<void>;
  /** Kills it at once, as a power failure would. */
  kill(): Promise<void>;
}

export interface StartOptions {
  readonly logFile: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Give it a pipe as standard input that ends when this process does; it has none otherwise. */
  readonly stdinUntilWeEnd?: boolean;
}

const running = new Set<ChildProcess>();

/** Starts a program. Disposing stops it; a test that dies with it running takes it along. */
export async function startProcess(
  file: string,
  args: readonly string[],
  options: StartOptions,
): Promise<StartedProcess> {
  const log = await open(options.logFile, 'a', 0o600);
  try {
    const [command, ...rest] = [...(await dieWithUs()), file, ...args];
    const child = spawn(command!, rest, {
      cwd: options.cwd,
      env: environment(options.env),
      stdio: [options.stdinUntilWeEnd === true ? 'pipe' : 'ignore', log.fd, log.fd],
    });
    watchLeftovers();
    running.add(child);
    child.once('exit', () => running.delete(child));
    child.once('error', () => running.delete(child));
    await once(child, 'spawn');
    return handle(child);
  } finally {
    await log.close();
  }
}

/** What makes the kernel take a child along even when this process is killed outright; not every system has it. */
async function dieWithUs(): Promise<readonly string[]> {
  deathTie ??= access('/usr/bin/setpriv', constants.X_OK).then(
    () => ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--'],
    () => [],
  );
  return deathTie;
}

let deathTie: Promise<readonly string[]> | undefined;

function handle(child: ChildProcess): StartedProcess {
  let ended: string | undefined;
  const whenEnded = new Promise<void>((resolve) => {
    child.once('exit', (exitCode, signal) => {
      ended = signal === null ? `exit status ${exitCode ?? 'unknown'}` : `signal ${signal}`;
      resolve();
    });
  });
  const stop = async (graceMs = 10_000) => {
    if (ended !== undefined) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await whenEnded;
    clearTimeout(timer);
  };
  return {
    pid: child.pid!,
    get ended() {
      return ended;
    },
    whenEnded,
    stop,
    async kill() {
      child.kill('SIGKILL');
      await whenEnded;
    },
    [Symbol.asyncDispose]: () => stop(),
  };
}

/** Kills a process that was found in a listing: it may have ended by itself since. */
export function killIfThere(pid: number): void {
  signalIfThere(pid, 'SIGKILL');
}

/** The same with any signal. */
export function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

let watching = false;

/** Whatever way this process ends short of SIGKILL, nothing that it started stays behind. */
function watchLeftovers(): void {
  if (watching) return;
  watching = true;
  const killAll = () => {
    for (const child of running) child.kill('SIGKILL');
  };
  process.once('exit', killAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      killAll();
      process.kill(process.pid, signal);
    });
  }
}
