/**
 * Many byte strings side by side in large chunks: a million keys cost their bytes and twelve more each, where a
 * million small arrays would cost a hundred more each.
 */

const chunkBytes = 1 << 20;

export class KeyArena {
  readonly #chunks: Uint8Array[] = [];
  #positions: Float64Array = new Float64Array(1024);
  #lengths: Uint32Array = new Uint32Array(1024);
  #size = 0;
  /** Where the next key goes: chunk number times `chunkBytes` plus offset. */
  #next = 0;

  /** Number of keys. */
  get size(): number {
    return this.#size;
  }

  /** Copies `bytes[start, end)` in; returns its id: 0 for the first key, then one more with each. */
  add(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const position = this.#place(length);
    this.#chunkAt(position).set(bytes.subarray(start, end), position % chunkBytes);
    if (this.#size === this.#lengths.length) this.#growIds();
    this.#positions[this.#size] = position;
    this.#lengths[this.#size] = length;
    return this.#size++;
  }

  /** The key as a view of the arena. */
  at(id: number): Uint8Array {
    const position = this.#positions[id]!;
    const offset = position % chunkBytes;
    return this.#chunkAt(position).subarray(offset, offset + this.#lengths[id]!);
  }

  /** Whether a key equals `bytes[start, end)`. */
  equals(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (this.#lengths[id]! !== length) return false;
    const position = this.#positions[id]!;
    const chunk = this.#chunkAt(position);
    const offset = position % chunkBytes;
    for (let i = 0; i < length; i++) if (chunk[offset + i] !== bytes[start + i]) return false;
    return true;
  }

  /** Unsigned bytewise order of two keys: negative, zero or positive. */
  compare(a: number, b: number): number {
    const positionA = this.#positions[a]!;
    const positionB = this.#positions[b]!;
    const lengthA = this.#lengths[a]!;
    const lengthB = this.#lengths[b]!;
    const chunkA = this.#chunkAt(positionA);
    const chunkB = this.#chunkAt(positionB);
    const offsetA = positionA % chunkBytes;
    const offsetB = positionB % chunkBytes;
    const shorter = lengthA < lengthB ? lengthA : lengthB;
    for (let i = 0; i < shorter; i++) {
      const difference = chunkA[offsetA + i]! - chunkB[offsetB + i]!;
      if (difference !== 0) return difference;
    }
    return lengthA - lengthB;
  }

  /** Ids in bytewise order of their keys. */
  sortedIds(): Uint32Array {
    const ids = new Uint32Array(this.#size);
    for (let id = 0; id < ids.length; id++) ids[id] = id;
    return ids.sort((a, b) => this.compare(a, b));
  }

  #chunkAt(position: number): Uint8Array {
    return this.#chunks[Math.floor(position / chunkBytes)]!;
  }

  /** Reserves room that does not cross a chunk; a key longer than a chunk gets an array of its own. */
  #place(length: number): number {
    const used = this.#next % chunkBytes;
    if (used !== 0 && used + length <= chunkBytes) {
      this.#next += length;
      return this.#next - length;
    }
    const position = Math.ceil(this.#next / chunkBytes) * chunkBytes;
    this.#chunks[position / chunkBytes] = new Uint8Array(Math.max(chunkBytes, length));
    this.#next =
      length > chunkBytes ? Math.ceil((position + length) / chunkBytes) * chunkBytes : position + length;
    return position;
  }

  #growIds(): void {
    const grown = Math.ceil(this.#size * 1.5);
    const positions = new Float64Array(grown);
    const lengths = new Uint32Array(grown);
    positions.set(this.#positions);
    lengths.set(this.#lengths);
    this.#positions = positions;
    this.#lengths = lengths;
  }
}
