import type { ByteSource } from '../../base/index.ts';

const windowBytes = 1 << 18;

/**
 * Reads a source front to back through one buffer. Views stay valid until the next call of `view`; a span longer than
 * the buffer gets one of its own, so callers check a length against the source's size before they ask for it.
 */
export class FrameWindow {
  readonly #source: ByteSource;
  #buffer: Uint8Array;
  #start = 0;
  #length = 0;

  constructor(source: ByteSource) {
    this.#source = source;
    this.#buffer = new Uint8Array(Math.min(windowBytes, Math.max(source.sizeBytes, 1)));
  }

  /** `length` bytes from `offset`, or fewer where the source ends. */
  view(offset: number, length: number): Uint8Array {
    const from = offset - this.#start;
    if (from >= 0 && from + length <= this.#length) return this.#buffer.subarray(from, from + length);
    if (length > this.#buffer.length) {
      const own = new Uint8Array(length);
      return own.subarray(0, this.#source.readInto(own, offset));
    }
    this.#start = offset;
    this.#length = this.#source.readInto(this.#buffer, offset);
    return this.#buffer.subarray(0, Math.min(length, this.#length));
  }
}
