/**
 * The processes of a host, from its `/proc`: `PID/cmdline` and `PID/environ` (texts that end with a zero byte) and
 * `PID/stat` (the name of the program in parentheses, which may hold anything, then fields from the third on).
 * Source: proc(5), Documentation/filesystems/proc.rst of Linux.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { displayText, errnoOf, fileError } from '../base/index.ts';
import { readAtMost } from './host-file.ts';

/** A process of a host. */
export interface HostProcess {
  readonly pid: number;
  /** 0 when there is none. */
  readonly parentPid: number;
  /**
   * As it is now. Empty for a kernel thread, for a process that has ended and is not yet waited for, and for one that
   * the kernel hides from us.
   */
  readonly argv: readonly string[];
  /** Clock ticks from boot to its start: with the pid, what no other process ever has. */
  readonly startTime: bigint;
  /** Its environment as it was at the start; undefined when the process has gone or hides it from us. */
  environment(): Promise<Readonly<Record<string, string>> | undefined>;
}

const maxTextBytes = 4 << 20;

/** Every process under a `/proc`, by pid. None when there is no such directory. Errors: FILE_NOT_READABLE. */
export async function readProcesses(procDir: string): Promise<HostProcess[]> {
  const processes: HostProcess[] = [];
  for (const pid of await readPids(procDir)) {
    const found = await readProcess(procDir, pid);
    if (found !== undefined) processes.push(found);
  }
  return processes;
}

/** The pids under a `/proc`, in order. None when there is no such directory. Errors: FILE_NOT_READABLE. */
export async function readPids(procDir: string): Promise<number[]> {
  let names: string[];
  try {
    names = await readdir(procDir);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw fileError(error, 'open', procDir);
  }
  return names
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Whether an error of a file under `/proc/PID` only says that the process has gone or is not ours to look into. */
export function isGoneOrHidden(error: unknown): boolean {
  const errno = errnoOf(error);
  return (
    errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'ESRCH' || errno === 'EACCES' || errno === 'EPERM'
  );
}

async function readProcess(procDir: string, pid: number): Promise<HostProcess | undefined> {
  const directory = join(procDir, String(pid));
  const stat = await readProcText(join(directory, 'stat'));
  // Read last: what has a command line now had a stat then, if it has one at all.
  const commandLine = await readProcText(join(directory, 'cmdline'));
  if (commandLine === undefined) return undefined;
  return {
    pid,
    ...parseStat(stat === hidden ? '' : (stat ?? '')),
    argv: commandLine === hidden ? [] : splitTexts(commandLine),
    async environment() {
      const text = await readProcText(join(directory, 'environ'));
      return text === undefined || text === hidden ? undefined : parseVariables(text);
    },
  };
}

const hidden = Symbol('hidden');

/** Undefined when the process has gone. Longer than anything sensible counts as hidden. */
async function readProcText(path: string): Promise<string | typeof hidden | undefined> {
  try {
    const bytes = await readAtMost(path, maxTextBytes);
    return bytes === undefined ? hidden : displayText(bytes);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EACCES' || errno === 'EPERM') return hidden;
    if (isGoneOrHidden(error)) return undefined;
    throw fileError(error, 'read', path);
  }
}

function parseStat(text: string): Pick<HostProcess, 'parentPid' | 'startTime'> {
  const fields = text
    .slice(text.lastIndexOf(')') + 1)
    .trim()
    .split(' ');
  // The first of these is the third of proc(5).
  const field = (number: number) => fields[number - 3] ?? '';
  const digits = (value: string) => (/^\d+$/.test(value) ? value : '0');
  return { parentPid: Number(digits(field(4))), startTime: BigInt(digits(field(22))) };
}

function splitTexts(text: string): string[] {
  if (text === '') return [];
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
}

function parseVariables(text: string): Record<string, string> {
  const variables = splitTexts(text).filter((variable) => variable.includes('='));
  return Object.fromEntries(
    variables.map((variable) => {
      const end = variable.indexOf('=');
      return [variable.slice(0, end), variable.slice(end + 1)];
    }),
  );
}
