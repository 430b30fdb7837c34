/**
 * LZW as Go's `compress/lzw` writes it with least significant bits first and literals of eight bits: codes of 9 to 12
 * bits, 256 clears, 257 ends. No header and no checksum. Source: Go src/compress/lzw/{reader,writer}.go (1.26).
 */
import { HoldfastError } from '../../base/index.ts';

const clearCode = 256;
const endCode = 257;
const maxCodeBits = 12;

/** Decodes a stream in pieces. */
export class LzwDecoder {
  /** Whether the code that ends the stream has come. */
  ended = false;
  readonly #prefix = new Uint16Array(1 << maxCodeBits);
  readonly #suffix = new Uint8Array(1 << maxCodeBits);
  readonly #stack = new Uint8Array(1 << maxCodeBits);
  #bits = 0;
  #bitCount = 0;
  #codeBits = 9;
  /** Highest code that is in use. */
  #high = endCode;
  #last = -1;

  /** All that these bytes add, as a fresh array. Throws RECORD_INVALID. */
  decode(bytes: Uint8Array): Uint8Array {
    let out = new Uint8Array(Math.max(4096, bytes.length * 4));
    let length = 0;
    for (const byte of bytes) {
      if (this.ended) throw invalid('bytes follow the end of the LZW stream');
      this.#bits |= byte << this.#bitCount;
      this.#bitCount += 8;
      if (this.#bitCount < this.#codeBits) continue;
      const code = this.#bits & ((1 << this.#codeBits) - 1);
      this.#bits >>>= this.#codeBits;
      this.#bitCount -= this.#codeBits;
      if (code === endCode) {
        this.ended = true;
        continue;
      }
      const text = this.#take(code);
      if (length + text.length > out.length) {
        const larger = new Uint8Array(Math.max(out.length * 2, length + text.length));
        larger.set(out.subarray(0, length));
        out = larger;
      }
      out.set(text, length);
      length += text.length;
    }
    return out.subarray(0, length);
  }

  /** What a code stands for: a view of the stack, until the next code. */
  #take(code: number): Uint8Array {
    if (code === clearCode) {
      this.#codeBits = 9;
      this.#high = endCode;
      this.#last = -1;
      return this.#stack.subarray(0, 0);
    }
    if (code > this.#high) throw invalid('an LZW code that was never made');
    const text = this.#spell(code);
    if (this.#last !== -1) {
      this.#suffix[this.#high] = text[0]!;
      this.#prefix[this.#high] = this.#last;
    }
    this.#last = code;
    this.#high++;
    if (this.#high >= 1 << this.#codeBits) {
      if (this.#codeBits === maxCodeBits) {
        // The table is full: codes stay as they are until it is cleared.
        this.#last = -1;
        this.#high--;
      } else this.#codeBits++;
    }
    return text;
  }

  #spell(code: number): Uint8Array {
    // The code that is being made right now: the last text, and its own first byte again.
    const isNew = code === this.#high && this.#last !== -1;
    let at = this.#stack.length - (isNew ? 1 : 0);
    let rest = isNew ? this.#last : code;
    while (rest >= clearCode) {
      this.#stack[--at] = this.#suffix[rest]!;
      rest = this.#prefix[rest]!;
    }
    this.#stack[--at] = rest;
    if (isNew) this.#stack[this.#stack.length - 1] = this.#stack[at]!;
    return this.#stack.subarray(at);
  }
}

function invalid(what: string): HoldfastError {
  return new HoldfastError('RECORD_INVALID', what);
}
