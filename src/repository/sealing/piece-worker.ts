/** A thread that opens pieces and packs contents, one after another as it is asked to. */
import { parentPort } from 'node:worker_threads';
import { openPiece, packContentHere, type PackedContent } from './piece.ts';

/** What to do. The bytes in it are copies for this thread. */
export type PieceQuestion =
  | { readonly kind: 'open'; readonly number: number; readonly piece: Parameters<typeof openPiece> }
  | { readonly kind: 'pack'; readonly number: number; readonly content: Uint8Array };

/** The number is that of the question. */
export interface PieceAnswer {
  readonly number: number;
  /** Undefined when it does not open: whoever asked finds out why. */
  readonly content?: Uint8Array | undefined;
  readonly packed?: PackedContent;
}

parentPort?.on('message', (question: PieceQuestion) => {
  const { number } = question;
  if (question.kind === 'open') {
    const content = tryOpen(question.piece);
    answer({ number, content }, content);
    return;
  }
  const packed = packContentHere(question.content);
  const body = toGiveAway(packed.body);
  answer({ number, packed: { ...packed, body } }, body);
});

function answer(message: PieceAnswer, given: Uint8Array<ArrayBuffer> | undefined): void {
  parentPort?.postMessage(message, given === undefined ? [] : [given.buffer]);
}

function tryOpen(piece: Parameters<typeof openPiece>): Uint8Array<ArrayBuffer> | undefined {
  try {
    return toGiveAway(openPiece(...piece));
  } catch {
    return undefined;
  }
}

/** The same bytes alone in their buffer, or nearly: small buffers of Node are parts of one that it keeps. */
function toGiveAway(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength <= 2 * bytes.length
    ? (bytes as Uint8Array<ArrayBuffer>)
    : Uint8Array.from(bytes);
}
