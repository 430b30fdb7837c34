/** `holdfast serve` as a process of its own. */
import { readFile } from 'node:fs/promises';
import { startHoldfast } from '../faults/holdfast-process.ts';
import type { RunResult } from '../support/run-command.ts';
import { within } from '../support/waiting.ts';

/** Disposing interrupts it as Ctrl-C would. */
export interface ServedProcess extends AsyncDisposable {
  readonly pid: number;
  readonly clientUrl: string;
  readonly tls: undefined;
  /** Ctrl-C. */
  stop(): Promise<RunResult>;
  /** What it holds in memory now, and the most that it has held. */
  memory(): Promise<{ readonly residentBytes: number; readonly peakBytes: number }>;
}

/** Longer than any test: the program is killed after it. */
const mostMs = 30 * 60_000;

/** Serves a source on a free port; resolves when the port is open. */
export async function serveInProcess(source: string, ...flags: readonly string[]): Promise<ServedProcess> {
  const program = startHoldfast(['serve', source, '--listen', '127.0.0.1:0', '-w', 'json', ...flags], {
    timeoutMs: mostMs,
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
    memory: () => memoryOf(program.pid),
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

async function memoryOf(pid: number): Promise<{ residentBytes: number; peakBytes: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)![1]) * 1024;
  return { residentBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') };
}
