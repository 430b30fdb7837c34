/** `holdfast serve` as a process of its own. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errnoOf } from '../../src/base/index.ts';
import { type RunningHoldfast, startHoldfast } from '../faults/holdfast-process.ts';
import type { RunResult } from '../support/run-command.ts';
import { eventually, within } from '../support/waiting.ts';

/** Disposing interrupts it as Ctrl-C would. */
export interface ServedProcess extends AsyncDisposable {
  readonly pid: number;
  readonly clientUrl: string;
  readonly tls: undefined;
  /** Ctrl-C. */
  stop(): Promise<RunResult>;
  memory(): Promise<ServedMemory>;
}

export interface ServedMemory {
  /** What it cannot do without: objects and buffers after a collection of all garbage. */
  readonly heldBytes: number;
  /** The most that the system has ever given to it. How much of that was garbage is up to the collector. */
  readonly peakBytes: number;
}

/** Longer than any test: the program is killed after it. */
const mostMs = 30 * 60_000;

/** Serves a source on a free port; resolves when the port is open. */
export async function serveInProcess(source: string, ...flags: readonly string[]): Promise<ServedProcess> {
  const heldFile = `${source}.held`;
  const preload = pathToFileURL(join(import.meta.dirname, 'tell-memory.ts'));
  preload.searchParams.set('file', heldFile);
  const program = startHoldfast(['serve', source, '--listen', '127.0.0.1:0', '-w', 'json', ...flags], {
    timeoutMs: mostMs,
    preload: [preload.href],
  });
  const url = await within(60_000, 'serve', firstUrl(program.stdout, program.ended));
  const stop = () => {
    program.kill('SIGINT');
    return within(60_000, 'the end of serve', program.ended);
  };
  return {
    pid: program.pid,
    clientUrl: url,
    tls: undefined,
    stop,
    memory: () => memoryOf(program, heldFile),
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

async function firstUrl(stdout: NodeJS.ReadableStream, ended: Promise<RunResult>): Promise<string> {
  const printed = new Promise<string>((resolve) => {
    let text = '';
    stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const url = /"url":\s*"([^"]+)"/.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  const failed = ended.then(({ exitCode, stderr }): never => {
    throw new Error(`serve ended with ${exitCode ?? 'a signal'}: ${stderr}`);
  });
  return await Promise.race([printed, failed]);
}

async function memoryOf(program: RunningHoldfast, heldFile: string): Promise<ServedMemory> {
  await rm(heldFile, { force: true });
  program.kill('SIGUSR2');
  const heldBytes = await eventually(60_000, 'serve tells what it holds', () => numberIn(heldFile));
  const status = await readFile(`/proc/${program.pid}/status`, 'utf8');
  return { heldBytes, peakBytes: Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) * 1024 };
}

/** Undefined as long as there is no such file. */
async function numberIn(path: string): Promise<number | undefined> {
  try {
    return Number(await readFile(path, 'utf8'));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
