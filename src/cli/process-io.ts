/** The real outside: this process's streams, environment and signals. */
import { HoldfastError, removeUnfinishedNow } from '../base/index.ts';
import type { CliIo, CliStream } from './command/index.ts';
import { askSecret } from './input/index.ts';

export interface ProcessIo extends CliIo {
  /** Resolves when everything written has left the process. */
  flushed(): Promise<void>;
}

/** Takes over SIGINT and SIGTERM: the first aborts, the second ends the process at once. */
export function openProcessIo(): ProcessIo {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) {
      removeUnfinishedNow();
      process.exit(130);
    }
    stop.abort(new HoldfastError('INTERRUPTED', 'interrupted'));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  let isOutputGone = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    isOutputGone = true;
    stop.abort(new HoldfastError('INTERRUPTED', 'the reader of standard output is gone'));
  });
  // Messages that nobody reads are no reason to fail.
  process.stderr.on('error', () => {});
  return {
    stdin: Object.assign(standardInput(), { isTerminal: process.stdin.isTTY }),
    stdout: streamOf(process.stdout),
    stderr: streamOf(process.stderr),
    env: process.env,
    signal: stop.signal,
    askSecret: process.stdin.isTTY ? askSecret : undefined,
    get isOutputGone() {
      return isOutputGone;
    },
    async flushed() {
      await Promise.all([drained(process.stdout), drained(process.stderr)]);
    },
  };
}

function standardInput(): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => process.stdin[Symbol.asyncIterator]() as AsyncIterator<Uint8Array> };
}

function streamOf(stream: NodeJS.WriteStream): CliStream {
  return {
    isTerminal: stream.isTTY,
    get columns() {
      return stream.isTTY ? stream.columns : undefined;
    },
    write(chunk) {
      if (!stream.destroyed) stream.write(chunk);
    },
    send: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => {
          if (error) reject(error);
          else resolve();
        });
      }),
  };
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
