import { Uint32Column } from './columns.ts';
import { KeyArena } from './key-arena.ts';

/**
 * A set of byte strings with dense ids, for streaming passes that must know each user key again: open addressing over
 * an arena. About 18 bytes a key beside the key itself.
 */
export class KeyTable {
  readonly arena: KeyArena = new KeyArena();
  /** id + 1, or 0 for a free slot; the length is a power of two. */
  #slots: Uint32Array = new Uint32Array(4096);
  readonly #hashes = new Uint32Column();
  /** A file made to collide under one seed does not collide under another. */
  readonly #seed = Math.floor(Math.random() * 0x1_0000_0000);

  get size(): number {
    return this.arena.size;
  }

  /** The id of `bytes[start, end)`, added when it is new: then the id equals the size before. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end, this.#seed);
    const slot = this.#probe(hash, bytes, start, end);
    const found = this.#slots[slot]!;
    if (found !== 0) return found - 1;
    const id = this.arena.add(bytes, start, end);
    this.#hashes.push(hash);
    this.#slots[slot] = id + 1;
    if (this.size * 4 > this.#slots.length * 3) this.#rehash();
    return id;
  }

  /** The id of `bytes[start, end)`, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const slot = this.#probe(hashOf(bytes, start, end, this.#seed), bytes, start, end);
    return this.#slots[slot]! - 1;
  }

  #probe(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const taken = this.#slots[slot]!;
      if (taken === 0) return slot;
      if (this.#hashes.get(taken - 1) === hash && this.arena.equals(taken - 1, bytes, start, end))
        return slot;
    }
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 0; id < this.size; id++) {
      let slot = this.#hashes.get(id) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id + 1;
    }
    this.#slots = slots;
  }
}

/** Murmur3's 32-bit mixing over four bytes at a time. */
function hashOf(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash = mix(hash, word);
  }
  let tail = 0;
  for (let shift = 0; at < end; at++, shift += 8) tail |= bytes[at]! << shift;
  hash = mix(hash, tail) ^ (end - start);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mix(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51);
  const turned = Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593) ^ hash;
  return (Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0;
}
