import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { openPiece, type PackedContent } from './piece.ts';
import type { PieceAnswer, PieceQuestion } from './piece-worker.ts';

/** Set by the build to the text of the worker; when run from source, the worker is a file beside this one. */
declare const HOLDFAST_PIECE_WORKER: string | undefined;

/** Starting a thread costs about as much time as its work on contents of this many bytes. */
const bytesWorthAThread = 32 << 20;
const maximumThreads = 3;

/**
 * Threads that open pieces and pack contents. Dispose them in every case; who waits is told then, and nothing can be
 * asked after that.
 */
export interface PieceThreads extends AsyncDisposable {
  /** As `openPiece`. The piece is copied. */
  open(...piece: Parameters<typeof openPiece>): Promise<Uint8Array>;
  /** As `packContent`. The content is copied. */
  pack(content: Uint8Array): Promise<PackedContent>;
}

/** As many as contents of so many bytes are worth; undefined when it is as quick without. */
export function startPieceThreads(contentBytes: number): PieceThreads | undefined {
  const worth = Math.floor(contentBytes / bytesWorthAThread);
  const count = Math.min(availableParallelism() - 1, maximumThreads, worth);
  return count < 1 ? undefined : startThreads(count);
}

interface Waiting {
  readonly resolve: (answer: PieceAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** @param count how many, whatever they are worth */
export function startThreads(count: number): PieceThreads {
  const waiting = new Map<number, Waiting>();
  const workers = Array.from({ length: count }, () => startWorker(waiting));
  let asked = 0;
  const ask = (question: PieceQuestion, copy: Uint8Array<ArrayBuffer>) =>
    new Promise<PieceAnswer>((resolve, reject) => {
      waiting.set(question.number, { resolve, reject });
      workers[question.number % count]!.postMessage(question, [copy.buffer]);
    });
  return {
    async open(...args) {
      const [key, offset, piece, associated, what] = args;
      const copy = Uint8Array.from(piece);
      const copied: typeof args = [key, offset, copy, associated, what];
      const { content } = await ask({ kind: 'open', number: asked++, piece: copied }, copy);
      // Opened once more here, for the error that says why.
      return content ?? openPiece(...args);
    },
    async pack(content) {
      const copy = Uint8Array.from(content);
      const { packed } = await ask({ kind: 'pack', number: asked++, content: copy }, copy);
      return packed!;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function startWorker(waiting: Map<number, Waiting>): Worker {
  const worker =
    typeof HOLDFAST_PIECE_WORKER === 'string'
      ? new Worker(HOLDFAST_PIECE_WORKER, { eval: true })
      : new Worker(new URL('./piece-worker.ts', import.meta.url));
  const fail = (error: unknown) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on('message', (answer: PieceAnswer) => {
    waiting.get(answer.number)?.resolve(answer);
    waiting.delete(answer.number);
  });
  worker.once('error', fail);
  worker.once('exit', (code) => fail(new Error(`a thread that opens and packs pieces ended with ${code}`)));
  return worker;
}
