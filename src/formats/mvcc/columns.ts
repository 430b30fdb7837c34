/**
 * Growing columns of numbers for indexes over millions of rows. They grow by whole chunks, so that nothing is copied
 * and no more than a chunk is ever spare.
 */

const chunkBits = 14;
const chunkEntries = 1 << chunkBits;
const entryMask = chunkEntries - 1;

/** Unsigned 32-bit numbers. */
export class Uint32Column {
  readonly #chunks: Uint32Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Appends a value; returns its position. */
  push(value: number): number {
    const position = this.#length++;
    if ((position & entryMask) === 0) this.#chunks.push(new Uint32Array(chunkEntries));
    this.#chunks[position >>> chunkBits]![position & entryMask] = value;
    return position;
  }

  get(position: number): number {
    return this.#chunks[position >>> chunkBits]![position & entryMask]!;
  }

  set(position: number, value: number): void {
    this.#chunks[position >>> chunkBits]![position & entryMask] = value;
  }
}

/** Unsigned 64-bit numbers, pushed as halves. */
export class Uint64Column {
  readonly #high = new Uint32Column();
  readonly #low = new Uint32Column();

  get length(): number {
    return this.#low.length;
  }

  push(high: number, low: number): number {
    this.#high.push(high);
    return this.#low.push(low);
  }

  get(position: number): bigint {
    return (BigInt(this.#high.get(position)) << 32n) | BigInt(this.#low.get(position));
  }

  high(position: number): number {
    return this.#high.get(position);
  }

  low(position: number): number {
    return this.#low.get(position);
  }

  set(position: number, high: number, low: number): void {
    this.#high.set(position, high);
    this.#low.set(position, low);
  }
}
