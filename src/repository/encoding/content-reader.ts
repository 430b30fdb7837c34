import { damaged } from '../failures.ts';

/**
 * Reads a content from its beginning. Whatever does not fit throws REPOSITORY_DAMAGED with `what` in it, so that callers
 * need no checks of their own but of meaning.
 */
export class ContentReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #offset = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  byte(): number {
    if (this.remaining < 1) throw this.malformed('ends too early');
    return this.#bytes[this.#offset++]!;
  }

  /** A number up to 2⁵³ − 1. */
  varint(): number {
    // Nearly all numbers are small, and there are three for each row.
    const first = this.#bytes[this.#offset];
    if (first !== undefined && first < 0x80) {
      this.#offset++;
      return first;
    }
    const value = this.varint64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.malformed('a number is too large');
    return Number(value);
  }

  /** A count of things of which each takes at least so many bytes: hostile counts end here. */
  count(leastBytesEach: number): number {
    const value = this.varint();
    if (value * leastBytesEach > this.remaining) throw this.malformed('a count is larger than what follows');
    return value;
  }

  /** A number of 64 bits as its halves, which go into `target[at]` (high) and `target[at + 1]`. */
  varintHalves(target: Uint32Array, at: number): void {
    const start = this.#offset;
    let high = 0;
    let low = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.byte();
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift > 32) high |= bits << (shift - 32);
      else if (shift > 25) high |= bits >>> (32 - shift);
      if (byte >= 0x80) continue;
      // The tenth byte has room for one bit.
      if (shift === 63 && bits > 1) break;
      if (byte === 0 && this.#offset - start > 1)
        throw this.malformed('a number is not in its shortest form');
      target[at] = high;
      target[at + 1] = low;
      return;
    }
    throw this.malformed('a number has more than 64 bits');
  }

  varint64(): bigint {
    const start = this.#offset;
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return this.#shortest(BigInt(low), byte, start);
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (value > 0xffff_ffff_ffff_ffffn) break;
      return this.#shortest(value, byte, start);
    }
    throw this.malformed('a number has more than 64 bits');
  }

  #shortest(value: bigint, lastByte: number, start: number): bigint {
    if (lastByte === 0 && this.#offset - start > 1)
      throw this.malformed('a number is not in its shortest form');
    return value;
  }

  /** A view of the next bytes. */
  bytes(length: number): Uint8Array {
    if (length > this.remaining) throw this.malformed('ends too early');
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }

  /** Throws unless everything was read. */
  end(): void {
    if (this.remaining > 0) throw this.malformed(`${this.remaining} bytes too many`);
  }

  malformed(why: string): Error {
    return damaged(this.#what, `${why} (at byte ${this.#offset})`);
  }
}
