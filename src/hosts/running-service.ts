import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, open } from 'node:fs/promises';
import { beginUnfinished, errnoOf } from '../base/index.ts';
import { cannotStart } from './started-program.ts';

export interface ServiceOptions {
  /** Takes both outputs; appended to, made with mode 0600. */
  readonly logFile: string;
  readonly cwd?: string;
  /** All that the program gets; by default what this process has. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A server that was started and runs until it is told to stop. Disposing stops it. */
export interface RunningService extends AsyncDisposable {
  readonly pid: number;
  /** Undefined while it runs; how it ended afterwards: `exit status 1`, `signal SIGKILL`. */
  readonly ended: string | undefined;
  readonly whenEnded: Promise<void>;
  /** Asks it to stop, kills it when it does not within `graceMs` (10 s by default), and resolves when it has ended. */
  stop(graceMs?: number): Promise<void>;
  /** Kills it at once, as a power failure would. */
  kill(): Promise<void>;
}

/**
 * Starts a server on this machine in a process group of its own: Ctrl-C at the terminal is for us, and what it starts
 * ends with it. It does not outlive this process: a forced end takes it along, and where the system has setpriv, so
 * does a kill.
 *
 * Errors: HOST_COMMAND_FAILED when it cannot be started.
 */
export async function startService(
  argv: readonly string[],
  options: ServiceOptions,
): Promise<RunningService> {
  const log = await open(options.logFile, 'a', 0o600);
  try {
    const [file = '', ...args] = [...(await diesWithUs()), ...argv];
    const { cwd, env } = options;
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', log.fd, log.fd], detached: true });
    const service = serviceOf(child);
    await once(child, 'spawn');
    return service;
  } catch (error) {
    throw cannotStart(argv[0] ?? '', error);
  } finally {
    await log.close();
  }
}

const setpriv = '/usr/bin/setpriv';
let deathTie: Promise<readonly string[]> | undefined;

/** What makes the kernel end a child when this process is killed outright; not every system has it. */
function diesWithUs(): Promise<readonly string[]> {
  deathTie ??= access(setpriv, constants.X_OK).then(
    () => [setpriv, '--pdeathsig', 'KILL', '--'],
    () => [],
  );
  return deathTie;
}

function serviceOf(child: ChildProcess): RunningService {
  let ended: string | undefined;
  const unfinished = beginUnfinished(() => signalGroup(child, 'SIGKILL'));
  child.once('error', () => unfinished[Symbol.dispose]());
  const whenEnded = new Promise<void>((resolve) => {
    child.once('exit', (exitCode, signal) => {
      ended = signal === null ? `exit status ${exitCode ?? 'unknown'}` : `signal ${signal}`;
      // Whatever it has left behind in its group.
      signalGroup(child, 'SIGKILL');
      unfinished[Symbol.dispose]();
      resolve();
    });
  });
  const stop = async (graceMs = 10_000) => {
    if (ended !== undefined) return;
    signalGroup(child, 'SIGTERM');
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
    await whenEnded;
    clearTimeout(timer);
  };
  return {
    get pid() {
      return child.pid!;
    },
    get ended() {
      return ended;
    },
    whenEnded,
    stop,
    async kill() {
      signalGroup(child, 'SIGKILL');
      await whenEnded;
    },
    [Symbol.asyncDispose]: () => stop(),
  };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
