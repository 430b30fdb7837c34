/** The real outside: this process's streams, environment and signals. */
import { fstatSync, readFileSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { errnoOf, fileError, HoldfastError, removeUnfinishedNow } from '../base/index.ts';
import type { CliIo, CliStream } from './command/index.ts';
import { askSecret, awaitKey } from './input/index.ts';

export interface ProcessIo extends CliIo {
  /** Resolves when everything written has left the process. */
  flushed(): Promise<void>;
}

/**
 * Takes over SIGINT, SIGTERM and SIGHUP: the first aborts, the second ends the process at once. A terminal that is gone
 * only aborts, so that what has to be undone is undone; under nohup it means nothing.
 */
export function openProcessIo(): ProcessIo {
  const stop = new AbortController();
  const onHangUp = () => stop.abort(new HoldfastError('INTERRUPTED', 'interrupted'));
  const onSignal = () => {
    if (stop.signal.aborted) {
      removeUnfinishedNow();
      sayLastWords(io);
      process.exit(130);
    }
    onHangUp();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  if (!isHangUpIgnored()) process.on('SIGHUP', onHangUp);
  let isOutputGone = false;
  const onOutputBroken = (error: unknown) => {
    // The second: a terminal that has hung up.
    isOutputGone = errnoOf(error) === 'EPIPE' || errnoOf(error) === 'EIO';
    const gone = new HoldfastError('INTERRUPTED', 'the reader of standard output is gone');
    stop.abort(isOutputGone ? gone : outputError(error));
    if (!isOutputGone) throw outputError(error);
  };
  const stdout = new OutputStream(1, () => process.stdout, onOutputBroken);
  // Messages that nobody reads are no reason to fail.
  const stderr = new OutputStream(
    2,
    () => process.stderr,
    () => {},
  );
  const io: ProcessIo = {
    stdin: {
      get isTerminal() {
        return isTerminal(0);
      },
      [Symbol.asyncIterator]: () => process.stdin[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>,
    },
    stdout,
    stderr,
    env: process.env,
    signal: stop.signal,
    get askSecret() {
      return isTerminal(0) ? (prompt: string) => askSecret(prompt, stop.signal) : undefined;
    },
    get awaitKey() {
      return isTerminal(0) ? () => awaitKey(stop.signal) : undefined;
    },
    get isOutputGone() {
      return isOutputGone;
    },
    async flushed() {
      await Promise.all([stdout.flushed(), stderr.flushed()]);
    },
  };
  return io;
}

function sayLastWords({ lastWords }: ProcessIo): void {
  if (lastWords === undefined) return;
  try {
    writeSync(2, `\n${lastWords}\n`);
  } catch (error) {
    // Nobody is there to read it.
    if (errnoOf(error) === undefined) throw error;
  }
}

/** As nohup sets it. Source: SigIgn of proc(5), where SIGHUP is the lowest bit. */
function isHangUpIgnored(): boolean {
  try {
    const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return ignored !== null && (BigInt(`0x${ignored[1]!}`) & 1n) === 1n;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

/** Whether a descriptor is a terminal. Most runs have none, and can be told without loading what terminals need. */
function isTerminal(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice() && isatty(fd);
  } catch {
    return false;
  }
}

/**
 * Writes straight to the descriptor: Node's own stream takes longer to set up than most commands run. It takes over
 * when the descriptor does not take bytes at once.
 */
class OutputStream implements CliStream {
  readonly #fd: number;
  readonly #openStream: () => NodeJS.WriteStream;
  readonly #onBroken: (error: unknown) => void;
  #stream: NodeJS.WriteStream | undefined;
  #isGone = false;

  /** @param onBroken told why nothing more can be written; what it throws, the write throws */
  constructor(fd: number, openStream: () => NodeJS.WriteStream, onBroken: (error: unknown) => void) {
    this.#fd = fd;
    this.#openStream = openStream;
    this.#onBroken = onBroken;
  }

  get isTerminal(): boolean {
    return isTerminal(this.#fd);
  }

  get columns(): number | undefined {
    // A terminal that nobody has told its size says 0.
    return this.isTerminal ? this.#openStream().columns || undefined : undefined;
  }

  write(chunk: string | Uint8Array): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    const rest = this.#stream === undefined ? this.#writeNow(bytes) : bytes;
    if (rest.length > 0 && !this.#isGone) this.#takeStream().write(rest);
  }

  send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#takeStream().write(bytes, (error) => {
        if (error) reject(outputError(error));
        else resolve();
      });
    });
  }

  flushed(): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined || this.#isGone) return Promise.resolve();
    return new Promise((resolve) => {
      stream.write('', () => resolve());
    });
  }

  /** Returns what the descriptor did not take. */
  #writeNow(bytes: Uint8Array): Uint8Array {
    let rest = bytes;
    try {
      while (rest.length > 0 && !this.#isGone) rest = rest.subarray(writeSync(this.#fd, rest));
    } catch (error) {
      if (errnoOf(error) === 'EAGAIN') return rest;
      this.#isGone = true;
      this.#onBroken(error);
    }
    return rest;
  }

  #takeStream(): NodeJS.WriteStream {
    if (this.#stream === undefined) {
      this.#stream = this.#openStream();
      this.#stream.on('error', (error) => {
        this.#isGone = true;
        try {
          this.#onBroken(error);
        } catch {
          // Nobody called: the abort that came before the throw stops whatever is under way.
        }
      });
    }
    return this.#stream;
  }
}

function outputError(error: unknown): Error {
  return fileError(error, 'write to', 'standard output') as Error;
}
