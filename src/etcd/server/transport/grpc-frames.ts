import { GrpcFault, statusCodes } from './grpc-status.ts';

/** A flag for compression and the length of the message, big-endian. */
const prefixBytes = 5;

const none = new Uint8Array(0);

/** A message with its frame before it. The message is copied. */
export function encodeFrame(message: Uint8Array): Uint8Array {
  return encodeFrameStart(message.length, message);
}

/** The frame of a message of that size with the first bytes of it, which are copied. */
export function encodeFrameStart(sizeBytes: number, first: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafe(prefixBytes + first.length);
  frame[0] = 0;
  frame.writeUInt32BE(sizeBytes, 1);
  frame.set(first, prefixBytes);
  return frame;
}

/**
 * Cuts the body of a call into its messages, whatever pieces it arrives in. No more than the largest message is kept,
 * and a longer one is refused by its announced length, before its bytes are here.
 */
export class FrameReader {
  readonly #maxMessageBytes: number;
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Whether the bytes so far end with a whole message. */
  get atBoundary(): boolean {
    return this.#pieceBytes === 0;
  }

  /** The messages that are complete with this chunk: views of it, or of a joined copy. Throws GrpcFault. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#pieces.push(chunk);
    this.#pieceBytes += chunk.length;
    const messages: Uint8Array[] = [];
    for (;;) {
      const length = this.#messageLength();
      if (length === undefined || this.#pieceBytes < prefixBytes + length) return messages;
      const bytes = this.#joined();
      messages.push(bytes.subarray(prefixBytes, prefixBytes + length));
      const rest = bytes.subarray(prefixBytes + length);
      this.#pieces = rest.length === 0 ? [] : [rest];
      this.#pieceBytes = rest.length;
    }
  }

  /** Length of the message that has begun, as soon as its frame is here. */
  #messageLength(): number | undefined {
    if (this.#pieceBytes < prefixBytes) return undefined;
    const first = this.#pieces[0] ?? none;
    const prefix = first.length >= prefixBytes ? first : this.#joined();
    if (prefix[0] !== 0) {
      throw new GrpcFault(statusCodes.unimplemented, 'grpc: Decompressor is not installed for grpc-encoding');
    }
    const length = new DataView(prefix.buffer, prefix.byteOffset).getUint32(1);
    if (length <= this.#maxMessageBytes) return length;
    throw new GrpcFault(
      statusCodes.resourceExhausted,
      `grpc: received message larger than max (${length} vs. ${this.#maxMessageBytes})`,
    );
  }

  #joined(): Uint8Array {
    if (this.#pieces.length !== 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0]!;
  }
}
