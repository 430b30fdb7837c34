import { type CliIo, type CliStream, runCli } from '../../src/cli/index.ts';

/** Where no etcd is found: what runs beside the tests must not decide about them. */
const noHost = '/nonexistent';

export interface CliRunOptions {
  /** In place of `/`, to find etcd under; nothing is found by default. */
  readonly root?: string;
  /** With `patience` for an etcd that is to be found; one whose endpoints are given is waited for anyway. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
  /** Called with everything on standard output so far, each time that something is written. */
  readonly onStdout?: (text: string) => void;
  /** Whether standard output is taken for a terminal. */
  readonly isTerminal?: boolean;
  /** How wide that terminal is. */
  readonly columns?: number;
  readonly askSecret?: (prompt: string) => Promise<string>;
}

export interface CliRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Uint8Array;
}

/** Runs a command line of ours inside this process: no start-up to wait for, the same code from words to status. */
export async function runHoldfast(argv: readonly string[], options: CliRunOptions = {}): Promise<CliRun> {
  const stdout = {
    ...recordingStream(options.onStdout),
    isTerminal: options.isTerminal ?? false,
    columns: options.columns,
  };
  const stderr = recordingStream();
  const io: CliIo = {
    stdin: Object.assign(inputOf(options.stdin ?? ''), { isTerminal: false }),
    stdout,
    stderr,
    env: { PATH: process.env['PATH'], ...(isToldWhere(argv) ? patience : {}), ...options.env },
    signal: options.signal ?? new AbortController().signal,
    isOutputGone: false,
    root: options.root ?? noHost,
    askSecret: options.askSecret,
  };
  const exitCode = await runCli(argv, io);
  return { exitCode, stdout: stdout.text(), stderr: stderr.text(), stdoutBytes: stdout.bytes() };
}

/** The limits for people who wait for an etcd are short for a machine, and a disk, that tests share. */
export const patience: Readonly<Record<string, string>> = {
  ETCDCTL_DIAL_TIMEOUT: '20s',
  ETCDCTL_COMMAND_TIMEOUT: '60s',
};

function isToldWhere(argv: readonly string[]): boolean {
  return argv.some((word) => word.startsWith('--endpoints'));
}

function inputOf(stdin: NonNullable<CliRunOptions['stdin']>): AsyncIterable<Uint8Array> {
  if (typeof stdin !== 'string' && !(stdin instanceof Uint8Array)) return stdin;
  const bytes = typeof stdin === 'string' ? Buffer.from(stdin) : stdin;
  return {
    async *[Symbol.asyncIterator]() {
      await Promise.resolve();
      if (bytes.length > 0) yield bytes;
    },
  };
}

interface RecordingStream extends CliStream {
  text(): string;
  bytes(): Uint8Array;
}

function recordingStream(onWrite?: (text: string) => void): RecordingStream {
  const chunks: Uint8Array[] = [];
  const bytes = () => Buffer.concat(chunks);
  const write = (chunk: string | Uint8Array) => {
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk.slice());
    onWrite?.(bytes().toString());
  };
  return {
    isTerminal: false,
    columns: undefined,
    write,
    send(chunk) {
      write(chunk);
      return Promise.resolve();
    },
    bytes,
    text: () => bytes().toString(),
  };
}
