/** A thread that opens pieces, one after another as they are asked for. */
import { parentPort } from 'node:worker_threads';
import { openPiece } from './piece.ts';

/** A piece to open: the arguments of `openPiece`. Its bytes are a copy for this thread. */
export interface PieceQuestion {
  readonly number: number;
  readonly piece: Parameters<typeof openPiece>;
}

export interface PieceAnswer {
  readonly number: number;
  /** Undefined when it does not open: whoever asked finds out why. */
  readonly content: Uint8Array | undefined;
}

parentPort?.on('message', ({ number, piece }: PieceQuestion) => {
  const content = tryOpen(piece);
  const answer: PieceAnswer = { number, content };
  parentPort?.postMessage(answer, content === undefined ? [] : [content.buffer]);
});

/** The content with a buffer that can be given away. */
function tryOpen(piece: PieceQuestion['piece']): Uint8Array<ArrayBuffer> | undefined {
  let content: Uint8Array;
  try {
    content = openPiece(...piece);
  } catch {
    return undefined;
  }
  // Small buffers of Node are parts of one that it keeps.
  return content.buffer instanceof ArrayBuffer && content.buffer.byteLength <= content.length + 64
    ? (content as Uint8Array<ArrayBuffer>)
    : Uint8Array.from(content);
}
