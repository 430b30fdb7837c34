/**
 * Which user keys are alive at the end of a `key` bucket whose leaves come in any order.
 *
 * For each key the leaf with its newest row so far is kept: a row from a later leaf overrides, and rows within a leaf
 * come in order. So parts counted by several threads can be merged.
 */
import {
  isRevisionKeyAt,
  KeyTable,
  RecordScanner,
  revisionKeyBytes,
  Uint32Column,
} from '../../formats/mvcc/index.ts';

/** The keys of one thread in a form that can be sent to another. */
export interface LiveKeysPart {
  readonly keys: Uint8Array;
  /** End of each key in `keys`. */
  readonly ends: Uint32Array;
  /** Leaf index × 2 + 1 if the newest row is a value, + 0 if it is a tombstone. */
  readonly states: Uint32Array;
}

export class LiveKeys {
  readonly #keys = new KeyTable();
  readonly #states = new Uint32Column();
  readonly #scanner = new RecordScanner();
  #isUndecodable = false;

  /** Whether a row was met that is no revision or no KeyValue. */
  get isUndecodable(): boolean {
    return this.#isUndecodable;
  }

  /** Adds the row whose key and value lie in `bytes`. */
  add(bytes: Uint8Array, keyStart: number, keyEnd: number, valueEnd: number, leaf: number): void {
    if (!isRevisionKeyAt(bytes, keyStart, keyEnd)) this.#isUndecodable = true;
    const isTombstone = keyEnd - keyStart > revisionKeyBytes;
    const value = bytes.subarray(keyEnd, valueEnd);
    if (this.#scanner.scan(value) !== undefined) this.#isUndecodable = true;
    this.#set(value, this.#scanner.keyStart, this.#scanner.keyEnd, leaf * 2 + (isTombstone ? 0 : 1));
  }

  /** Takes over what another thread counted. */
  merge(part: LiveKeysPart): void {
    let start = 0;
    for (let id = 0; id < part.ends.length; id++) {
      this.#set(part.keys, start, part.ends[id]!, part.states[id]!);
      start = part.ends[id]!;
    }
  }

  /** Number of user keys whose newest row is a value. */
  get count(): number {
    let live = 0;
    for (let id = 0; id < this.#states.length; id++) live += this.#states.get(id) & 1;
    return live;
  }

  /** The keys for sending; the arrays are fresh. */
  toPart(): LiveKeysPart {
    const { size, arena } = this.#keys;
    const ends = new Uint32Array(size);
    const states = new Uint32Array(size);
    let total = 0;
    for (let id = 0; id < size; id++) {
      total += arena.at(id).length;
      ends[id] = total;
      states[id] = this.#states.get(id);
    }
    const keys = new Uint8Array(total);
    for (let id = 0, start = 0; id < size; start = ends[id++]!) keys.set(arena.at(id), start);
    return { keys, ends, states };
  }

  #set(bytes: Uint8Array, start: number, end: number, state: number): void {
    const id = this.#keys.intern(bytes, start, end);
    if (id === this.#states.length) this.#states.push(state);
    else if (state >>> 1 >= this.#states.get(id) >>> 1) this.#states.set(id, state);
  }
}
