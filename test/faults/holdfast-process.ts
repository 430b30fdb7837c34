/** The program as a process of its own: what a signal, a full disk or another user does to it shows only there. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { environment, type RunResult } from '../support/run-command.ts';

export interface HoldfastOptions {
  /** A program of the tests' own, made of the same sources, in its place. */
  readonly program?: string;
  /** The words that start it, in place of Node and the sources: a single-file program, or one on another machine. */
  readonly command?: readonly string[];
  /** The program is killed after this, and the run rejects; 60 s by default. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
  /** Modules to load ahead of the program, as file URLs. */
  readonly preload?: readonly string[];
  /** User and group to run as; needs root. */
  readonly uid?: number;
  /** Permission bits that new files do not get, such as `000`; this process's without. */
  readonly umask?: string;
  /** Told of each piece of output as it comes. */
  readonly onStderr?: (text: string) => void;
}

export interface RunningHoldfast {
  readonly pid: number;
  readonly stdout: NonNullable<ChildProcess['stdout']>;
  /** Sends a signal; a program that has ended does not mind. */
  kill(signal: NodeJS.Signals): void;
  /** How it ended and what it printed. Rejects when it outlives its time. */
  readonly ended: Promise<RunResult>;
}

const entry = resolve(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

/** Compiled code is kept between the many starts of one test file: each takes a third of the time. */
const compileCache = mkdtempSync(join(tmpdir(), 'holdfast-compiled-'));
process.once('exit', () => {
  // A program that was just killed may have left a file on its way there.
  rmSync(compileCache, { recursive: true, force: true, maxRetries: 5 });
});

/** Starts `holdfast` with these words. */
export function startHoldfast(args: readonly string[], options: HoldfastOptions = {}): RunningHoldfast {
  const startedMs = performance.now();
  const [file, ...words] = commandLine(args, options);
  const child = spawn(file!, words, {
    cwd: options.cwd,
    env: environment({ NODE_COMPILE_CACHE: options.uid === undefined ? compileCache : undefined }),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  const stdout: Uint8Array[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Uint8Array) => stdout.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    options.onStderr?.(text);
  });
  const ended = endOf(child, options.timeoutMs ?? 60_000, (exitCode, signal) => {
    const stdoutBytes = Buffer.concat(stdout);
    const tookMs = performance.now() - startedMs;
    return { exitCode, signal, stdout: stdoutBytes.toString(), stderr, stdoutBytes, tookMs };
  });
  // Whoever waits for it is told; until then it must not count as unhandled.
  ended.catch(() => undefined);
  return { pid: child.pid!, stdout: child.stdout, kill: (signal) => child.kill(signal), ended };
}

/** Runs `holdfast` to its end, whatever its exit status. */
export function runHoldfastProcess(
  args: readonly string[],
  options: HoldfastOptions = {},
): Promise<RunResult> {
  return startHoldfast(args, options).ended;
}

/** The program and its arguments, for whoever starts it in a way of their own. */
export function commandLine(
  args: readonly string[],
  { preload = [], umask, program = entry, command }: HoldfastOptions = {},
): string[] {
  if (command !== undefined) return [...command, ...args];
  const imports = preload.flatMap((url) => ['--import', url]);
  const node = [process.execPath, ...imports, program, ...args];
  // The shell becomes the program, so that signals reach it.
  return umask === undefined ? node : ['/bin/sh', '-c', `umask ${umask}; exec "$@"`, 'sh', ...node];
}

function endOf(
  child: ChildProcess,
  timeoutMs: number,
  result: (exitCode: number | null, signal: NodeJS.Signals | null) => RunResult,
): Promise<RunResult> {
  return new Promise((resolvePromise, reject) => {
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (exitCode, signal) => {
      clearTimeout(timer);
      const run = result(exitCode, signal);
      if (timedOut) reject(new Error(`holdfast is not done after ${timeoutMs} ms: ${run.stderr}`));
      else resolvePromise(run);
    });
  });
}
