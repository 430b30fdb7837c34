import type { KeyIndex } from '../../../formats/key-index/index.ts';
import type { RevisionBound } from '../../../formats/mvcc/index.ts';

const blockKeys = 64;

/** How many keys of an index live at one revision, in any part of it: one sum for each block of keys is kept. */
export class BaseCounts {
  readonly #index: KeyIndex;
  readonly #bound: RevisionBound;
  /** Of each block, the live keys before it. */
  readonly #before: Uint32Array;

  constructor(index: KeyIndex, bound: RevisionBound) {
    this.#index = index;
    this.#bound = bound;
    this.#before = new Uint32Array(Math.ceil(index.keyCount / blockKeys) + 1);
    for (let block = 0; block + 1 < this.#before.length; block++) {
      const end = Math.min((block + 1) * blockKeys, index.keyCount);
      this.#before[block + 1] = this.#before[block]! + this.#countOneByOne(block * blockKeys, end);
    }
  }

  /** Live keys with a rank from `start` on, below `end`. */
  count(start: number, end: number): number {
    return start < end ? this.#below(end) - this.#below(start) : 0;
  }

  #below(rank: number): number {
    const block = Math.floor(rank / blockKeys);
    return this.#before[block]! + this.#countOneByOne(block * blockKeys, rank);
  }

  #countOneByOne(start: number, end: number): number {
    let count = 0;
    for (let rank = start; rank < end; rank++) if (this.#index.liveRowAt(rank, this.#bound) !== -1) count++;
    return count;
  }
}
