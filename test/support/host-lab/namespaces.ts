import { readFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { logExcerpt } from '../etcd-server.ts';
import { type StartedProcess, killIfThere, startProcess } from '../started-process.ts';
import { eventually } from '../waiting.ts';

/**
 * A set of namespaces (mounts, network, process ids, host name, IPC) and the process that keeps them. When that
 * process ends, by us or by the death of the test, the kernel takes every process, mount and interface in them along.
 */
export interface Namespaces {
  /** The first process, as the test's own process namespace counts. */
  readonly initPid: number;
  readonly running: boolean;
  /** Kills everything in there at once; resolves when nothing of it is left. */
  kill(): Promise<void>;
}

export interface NamespacesOptions {
  /** A new file, where the first process says `ready PID` when it has set things up. */
  readonly logFile: string;
  /** Namespaces that the new ones are to be part of. */
  readonly inside?: Namespaces;
}

/** Starts a shell script of this directory as the first process of new namespaces. */
export async function startNamespaces(
  script: string,
  args: readonly string[],
  options: NamespacesOptions,
): Promise<Namespaces> {
  const outer = options.inside;
  const enter =
    outer === undefined ? [] : ['nsenter', `--target=${outer.initPid}`, '--mount', '--net', '--pid'];
  const unshare = ['unshare', '--fork', '--kill-child=KILL', '--pid', '--mount', '--net', '--uts', '--ipc'];
  const [file, ...words] = [...enter, ...unshare, 'sh', join(import.meta.dirname, script), ...args];
  const starter = await startProcess(file!, words, { logFile: options.logFile });
  try {
    return handle(starter, await whenReady(starter, options.logFile));
  } catch (error) {
    await starter.kill();
    throw error;
  }
}

async function whenReady(starter: StartedProcess, logFile: string): Promise<number> {
  const said = await eventually(30_000, `${logFile} says ready`, async () => {
    const pid = /^ready (\d+)$/m.exec(await readFile(logFile, 'utf8'))?.[1];
    return pid ?? starter.ended;
  });
  if (starter.ended === undefined) return Number(said);
  throw new Error(`the first process ended with ${starter.ended}\n${await logExcerpt(logFile)}`);
}

function handle(starter: StartedProcess, initPid: number): Namespaces {
  return {
    initPid,
    get running() {
      return starter.ended === undefined;
    },
    async kill() {
      // The kernel ends the first process only after every other one, and the starter ends after the first.
      if (starter.ended === undefined) killIfThere(initPid);
      await starter.whenEnded;
    },
  };
}

export type NamespaceKind = 'mnt' | 'net' | 'pid';

/** Which namespace a process is in; undefined when it is no more, or none of our business. */
export async function namespaceOf(pid: number, kind: NamespaceKind): Promise<string | undefined> {
  try {
    return await readlink(`/proc/${pid}/ns/${kind}`);
  } catch (error) {
    // Not even root may ask about a process that has more capabilities; none of ours has.
    if (isGone(error) || (error as NodeJS.ErrnoException).code === 'EACCES') return undefined;
    throw error;
  }
}

export interface NamespaceProcess {
  /** As the test's own process namespace counts. */
  readonly pid: number;
  readonly argv: readonly string[];
}

/** Every living process in a namespace, wherever it was started from. */
export async function processesIn(kind: NamespaceKind, namespace: string): Promise<NamespaceProcess[]> {
  const processes: NamespaceProcess[] = [];
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || (await namespaceOf(pid, kind)) !== namespace) continue;
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch((error: unknown) => {
      if (isGone(error)) return '';
      throw error;
    });
    if (commandLine !== '') processes.push({ pid, argv: commandLine.replace(/\0$/, '').split('\0') });
  }
  return processes;
}

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ESRCH';
}
