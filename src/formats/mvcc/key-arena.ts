import { HoldfastError } from '../../base/index.ts';
import { Uint32Column } from './columns.ts';
import { sortKeys } from './sort-keys.ts';

/**
 * Many byte strings side by side in large chunks: a million keys cost their bytes and six more each, where a million
 * small arrays would cost a hundred more each. Each key lies behind its length, a varint.
 */

const chunkBits = 18;
const chunkBytes = 1 << chunkBits;
const offsetMask = chunkBytes - 1;
const positionLimit = 2 ** 32;

export class KeyArena {
  readonly #chunks: Uint8Array[] = [];
  /** Chunk number and offset of each key, in one number. */
  readonly #positions = new Uint32Column();
  #next = 0;

  /** Number of keys. */
  get size(): number {
    return this.#positions.length;
  }

  /** Copies `bytes[start, end)` in; returns its id: 0 for the first key, then one more with each. */
  add(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const position = this.#place(length + varintBytes(length));
    const chunk = this.#chunks[position >>> chunkBits]!;
    const at = writeVarint(chunk, position & offsetMask, length);
    chunk.set(bytes.subarray(start, end), at);
    return this.#positions.push(position);
  }

  /** The key as a view of the arena. */
  at(id: number): Uint8Array {
    const position = this.#positions.get(id);
    const chunk = this.#chunks[position >>> chunkBits]!;
    const offset = position & offsetMask;
    const length = readVarint(chunk, offset);
    const start = offset + varintBytes(length);
    return chunk.subarray(start, start + length);
  }

  /** Whether a key equals `bytes[start, end)`. */
  equals(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const position = this.#positions.get(id);
    const chunk = this.#chunks[position >>> chunkBits]!;
    const length = end - start;
    if (readVarint(chunk, position & offsetMask) !== length) return false;
    const offset = (position & offsetMask) + varintBytes(length);
    // From the end: keys mostly begin alike.
    for (let i = length - 1; i >= 0; i--) if (chunk[offset + i] !== bytes[start + i]) return false;
    return true;
  }

  /** Unsigned bytewise order of two keys: negative, zero or positive. */
  compare(a: number, b: number): number {
    const positionA = this.#positions.get(a);
    const positionB = this.#positions.get(b);
    const chunkA = this.#chunks[positionA >>> chunkBits]!;
    const chunkB = this.#chunks[positionB >>> chunkBits]!;
    const lengthA = readVarint(chunkA, positionA & offsetMask);
    const lengthB = readVarint(chunkB, positionB & offsetMask);
    const offsetA = (positionA & offsetMask) + varintBytes(lengthA);
    const offsetB = (positionB & offsetMask) + varintBytes(lengthB);
    const shorter = lengthA < lengthB ? lengthA : lengthB;
    for (let i = 0; i < shorter; i++) {
      const difference = chunkA[offsetA + i]! - chunkB[offsetB + i]!;
      if (difference !== 0) return difference;
    }
    return lengthA - lengthB;
  }

  /** Length of a key in bytes. */
  length(id: number): number {
    const position = this.#positions.get(id);
    return readVarint(this.#chunks[position >>> chunkBits]!, position & offsetMask);
  }

  /** Copies a key into `target` from `offset` on; returns the offset behind it. */
  copyTo(id: number, target: Uint8Array, offset: number): number {
    const position = this.#positions.get(id);
    const chunk = this.#chunks[position >>> chunkBits]!;
    const length = readVarint(chunk, position & offsetMask);
    let from = (position & offsetMask) + varintBytes(length);
    const end = offset + length;
    // Keys are short: a loop is faster than a view and a call for each.
    for (let to = offset; to < end; to++) target[to] = chunk[from++]!;
    return end;
  }

  /**
   * The four bytes of a key from `depth` on as a number that orders as they do, zeros standing for what is behind its
   * end.
   */
  wordAt(id: number, depth: number): number {
    const position = this.#positions.get(id);
    const chunk = this.#chunks[position >>> chunkBits]!;
    const length = readVarint(chunk, position & offsetMask);
    const at = (position & offsetMask) + varintBytes(length) + depth;
    const left = length - depth;
    if (left >= 4)
      return ((chunk[at]! << 24) | (chunk[at + 1]! << 16) | (chunk[at + 2]! << 8) | chunk[at + 3]!) >>> 0;
    let word = 0;
    for (let i = 0; i < left; i++) word |= chunk[at + i]! << (24 - 8 * i);
    return word >>> 0;
  }

  /** Ids in bytewise order of their keys. */
  sortedIds(): Uint32Array {
    return sortKeys(this);
  }

  /** Reserves room that does not cross a chunk; a key longer than a chunk gets an array of its own. */
  #place(sizeBytes: number): number {
    const used = this.#next & offsetMask;
    let position = this.#next;
    if (used === 0 || used + sizeBytes > chunkBytes) {
      position = Math.ceil(this.#next / chunkBytes) * chunkBytes;
      if (position + sizeBytes > positionLimit) throw tooManyKeys();
      this.#chunks[position / chunkBytes] = new Uint8Array(Math.max(chunkBytes, sizeBytes));
    }
    const end = position + sizeBytes;
    this.#next = sizeBytes > chunkBytes ? Math.ceil(end / chunkBytes) * chunkBytes : end;
    return position;
  }
}

/** No etcd holds this much in its own index of keys; a file that claims to would exhaust memory. */
function tooManyKeys(): HoldfastError {
  return new HoldfastError('RECORD_INVALID', 'the user keys alone take more than 4 GiB');
}

function varintBytes(value: number): number {
  let count = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) count++;
  return count;
}

/** Returns the offset behind the varint. */
function writeVarint(chunk: Uint8Array, offset: number, value: number): number {
  let rest = value;
  let at = offset;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) chunk[at++] = (rest % 0x80) | 0x80;
  chunk[at++] = rest;
  return at;
}

function readVarint(chunk: Uint8Array, offset: number): number {
  const first = chunk[offset]!;
  if (first < 0x80) return first;
  let value = first & 0x7f;
  for (let at = offset + 1, unit = 0x80; ; at++, unit *= 0x80) {
    const byte = chunk[at]!;
    value += (byte & 0x7f) * unit;
    if (byte < 0x80) return value;
  }
}
