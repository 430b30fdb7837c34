import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { openPiece } from './piece.ts';
import type { PieceAnswer, PieceQuestion } from './piece-worker.ts';

/** Set by the build to the text of the worker; when run from source, the worker is a file beside this one. */
declare const HOLDFAST_PIECE_WORKER: string | undefined;

/** Starting a thread costs about as much time as opening pieces of this many bytes. */
const bytesWorthAThread = 32 << 20;
const maximumThreads = 3;

/** Threads that decrypt and unpack pieces. Dispose them in every case. */
export interface PieceThreads extends AsyncDisposable {
  /** As `openPiece`. The piece is copied. */
  open(...piece: Parameters<typeof openPiece>): Promise<Uint8Array>;
}

/** As many as contents of so many bytes are worth; undefined when they are opened as quickly without. */
export function startPieceThreads(contentBytes: number): PieceThreads | undefined {
  const count = Math.min(
    availableParallelism() - 1,
    maximumThreads,
    Math.floor(contentBytes / bytesWorthAThread),
  );
  return count < 1 ? undefined : startThreads(count);
}

interface Waiting {
  readonly resolve: (content: Uint8Array | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** @param count how many, whatever they are worth */
export function startThreads(count: number): PieceThreads {
  const waiting = new Map<number, Waiting>();
  const fail = (error: unknown) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const workers = Array.from({ length: count }, () => {
    const worker = startWorker();
    worker.on('message', ({ number, content }: PieceAnswer) => {
      waiting.get(number)?.resolve(content);
      waiting.delete(number);
    });
    worker.once('error', fail);
    worker.once('exit', (code) => fail(new Error(`a thread that opens pieces ended with ${code}`)));
    return worker;
  });
  let asked = 0;
  return {
    async open(...args) {
      const number = asked++;
      const [key, offset, bytes, associated, what] = args;
      const copy = Uint8Array.from(bytes);
      const question: PieceQuestion = { number, piece: [key, offset, copy, associated, what] };
      const worker = workers[number % count]!;
      const content = await new Promise<Uint8Array | undefined>((resolve, reject) => {
        waiting.set(number, { resolve, reject });
        worker.postMessage(question, [copy.buffer]);
      });
      // Opened once more here, for the error that says why.
      return content ?? openPiece(...args);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function startWorker(): Worker {
  return typeof HOLDFAST_PIECE_WORKER === 'string'
    ? new Worker(HOLDFAST_PIECE_WORKER, { eval: true })
    : new Worker(new URL('./piece-worker.ts', import.meta.url));
}
