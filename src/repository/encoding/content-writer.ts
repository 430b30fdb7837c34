/** Appends bytes and numbers to a content. */
export class ContentWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(expectedBytes = 1024) {
    this.#bytes = new Uint8Array(expectedBytes);
  }

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  /** A whole number from 0 to 2⁵³ − 1, as a varint. */
  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a varint: ${value}`);
    this.#room(10);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** An unsigned 64-bit number, as a varint. */
  varint64(value: bigint): void {
    if (value !== BigInt.asUintN(64, value)) throw new RangeError(`not 64 bits: ${value}`);
    this.#room(10);
    let rest = value;
    while (rest >= 0x80n) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  /** An unsigned 64-bit number given by its halves, as a varint. */
  varintHalves(high: number, low: number): void {
    this.#room(10);
    let [restHigh, restLow] = [high >>> 0, low >>> 0];
    while (restHigh > 0 || restLow >= 0x80) {
      this.#bytes[this.#length++] = (restLow & 0x7f) | 0x80;
      restLow = ((restLow >>> 7) | (restHigh << 25)) >>> 0;
      restHigh >>>= 7;
    }
    this.#bytes[this.#length++] = restLow;
  }

  /** Begins anew; what was finished stays as it is. */
  clear(): void {
    this.#length = 0;
  }

  /** A view of what was written, until the next write. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  bytes(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A copy of all that was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
