import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RunOptions {
  /** The command is killed after this. */
  readonly timeoutMs: number;
  readonly cwd?: string;
  /** On top of this process's environment, which is passed on without its ETCD variables; undefined removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What the command reads; nothing by default. */
  readonly stdin?: string | Uint8Array;
  readonly signal?: AbortSignal;
}

export interface RunResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The bytes that `stdout` is decoded from. */
  readonly stdoutBytes: Uint8Array;
  readonly tookMs: number;
}

/** Runs a command to its end, whatever its exit status. Rejects when it cannot start or outlives its time. */
export function runCommand(file: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const started = performance.now();
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: environment(options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
    signal: options.signal,
    killSignal: 'SIGKILL',
  });
  const stdout: Uint8Array[] = [];
  const stderr: Uint8Array[] = [];
  child.stdout.on('data', (chunk: Uint8Array) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Uint8Array) => stderr.push(chunk));
  // A command that ends without reading its input is no failure of ours.
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  return new Promise((resolve, reject) => {
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, options.timeoutMs);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`cannot run ${file}: ${error.message}`, { cause: error }));
    });
    child.on('close', (exitCode, signal) => {
      clearTimeout(timer);
      const stdoutBytes = Buffer.concat(stdout);
      const result = {
        exitCode,
        signal,
        stdout: stdoutBytes.toString(),
        stderr: Buffer.concat(stderr).toString(),
        stdoutBytes,
        tookMs: performance.now() - started,
      };
      if (timedOut)
        reject(new CommandFailed(file, args, result, `is not done after ${options.timeoutMs} ms`));
      else resolve(result);
    });
  });
}

/** Runs a command that has to succeed; anything else rejects with `CommandFailed`, which shows what it printed. */
export async function mustRun(
  file: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  const result = await runCommand(file, args, options);
  if (result.exitCode !== 0) {
    throw new CommandFailed(
      file,
      args,
      result,
      `ended with ${result.exitCode ?? result.signal ?? 'nothing'}`,
    );
  }
  return result;
}

export class CommandFailed extends Error {
  readonly result: RunResult;

  constructor(file: string, args: readonly string[], result: RunResult, what: string) {
    super(`${[file, ...args].join(' ')} ${what}: ${tail(result.stderr.trim() || result.stdout.trim())}`);
    this.name = 'CommandFailed';
    this.result = result;
  }
}

/** What holdfast remembers of repositories goes here, and with this process: none of it into the real host. */
const memoryDirectory = join(tmpdir(), `holdfast-memory-${randomUUID()}`);
process.once('exit', () => {
  rmSync(memoryDirectory, { recursive: true, force: true });
});

/**
 * This process's environment without what would steer etcd, etcdctl, etcdutl or holdfast, or tell a child that it is a
 * test file; with a place of its own for what holdfast remembers; plus the given variables.
 */
export function environment(extra: RunOptions['env'] = {}): Record<string, string> {
  const own: NonNullable<RunOptions['env']> = { HOLDFAST_MEMORY_DIR: memoryDirectory, ...extra };
  const merged = Object.entries({ ...process.env, ...own }).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      (entry[0] in own ||
        !/^(ETCD(CTL|UTL)?_|HOLDFAST_(?!PEERS_DIR|SOAK)|NODE_TEST_CONTEXT$)/.test(entry[0])),
  );
  return Object.fromEntries(merged);
}

function tail(text: string): string {
  return text.length > 2000 ? `…${text.slice(-2000)}` : text;
}
