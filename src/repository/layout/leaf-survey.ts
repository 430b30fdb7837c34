import { compareBytes } from '../../base/index.ts';
import { boundStart, type Database, mayOverflow, type Outline, scanLeaf } from '../../formats/bbolt/index.ts';
import type { ForwardReader } from './forward-reader.ts';
import type { PageLevel } from './layout.ts';

const countOffset = 10;
const overflowOffset = 12;
const pageHeaderBytes = 16;
const keySizeOffset = 8;

/** What is found of each leaf, by its place in the outline. */
export class LeafSurvey {
  /** 1 when the leaf's first key is the one that its parent has for it. */
  readonly hasFirstKey: Uint8Array;
  readonly #outline: Outline;
  readonly #pageSize: number;
  readonly #written: Uint8Array;
  readonly #elements: Uint32Array;
  readonly #kept: Uint8Array;

  /** @param written gets a 1 for each page that can be written from rows */
  constructor(outline: Outline, { pageSize }: Database, written: Uint8Array) {
    this.#outline = outline;
    this.#pageSize = pageSize;
    this.#written = written;
    this.hasFirstKey = new Uint8Array(outline.leafCount);
    this.#elements = new Uint32Array(outline.leafCount);
    this.#kept = new Uint8Array(outline.leafCount);
  }

  /** The key that the parent has for a leaf; empty without a parent. */
  boundOf(leaf: number): Uint8Array {
    const { bounds, boundEnds } = this.#outline;
    return bounds.subarray(boundStart(boundEnds, leaf), boundEnds[leaf]);
  }

  /** The leaves of a bucket. */
  level(firstLeaf: number, leafCount: number): PageLevel {
    const [start, end] = [firstLeaf, firstLeaf + leafCount];
    return {
      ids: this.#outline.leafIds.slice(start, end),
      elements: this.#elements.subarray(start, end),
      kept: this.#kept.subarray(start, end),
    };
  }

  /** Looks at a leaf; they come in the order of their pages. */
  look(leaf: number, id: number, reader: ForwardReader): void {
    const pageSize = this.#pageSize;
    const at = reader.read(id * pageSize, pageSize);
    this.#elements[leaf] = reader.view.getUint16(at + countOffset, true);
    const overflow = reader.view.getUint32(at + overflowOffset, true);
    if (!this.#mayTake(id, overflow) || !mayOverflow(reader.view, at, pageSize)) this.#kept[leaf] = 1;
    else this.#lookAtWhole(leaf, id, overflow, reader);
  }

  #lookAtWhole(leaf: number, id: number, overflow: number, reader: ForwardReader): void {
    const sizeBytes = (1 + overflow) * this.#pageSize;
    const start = reader.read(id * this.#pageSize, sizeBytes);
    const { bytes, view } = reader;
    const end = start + sizeBytes;
    const { bounds, boundEnds } = this.#outline;
    const run = scanLeaf(
      ...[bytes, view, start, end, id],
      {
        bytes: bounds,
        lowerStart: boundStart(boundEnds, leaf),
        lowerEnd: boundEnds[leaf]!,
        upperStart: 0,
        upperEnd: 0,
      },
      undefined,
    );
    if (run !== undefined && run.count > 0) {
      const keyBytes = view.getUint32(start + pageHeaderBytes + keySizeOffset, true);
      const firstKey = bytes.subarray(run.start, run.start + keyBytes);
      if (compareBytes(firstKey, this.boundOf(leaf)) === 0) this.hasFirstKey[leaf] = 1;
    }
    // Older versions of bbolt take a page more than the content needs when it fills its pages.
    const isTight = run !== undefined && run.end - start > overflow * this.#pageSize;
    if (isTight && isZero(bytes, run.end, end)) this.#written.fill(1, id, id + 1 + overflow);
    else this.#kept[leaf] = 1;
  }

  /** Whether its pages are its own alone. */
  #mayTake(id: number, overflow: number): boolean {
    if (id + overflow >= this.#written.length) return false;
    if (this.#written[id] !== 0) return false;
    for (let page = id + 1; page <= id + overflow; page++)
      if (this.#outline.leafByPage[page] !== 0) return false;
    return true;
  }
}

const zeros = Buffer.alloc(64 << 10);

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += zeros.length) {
    const length = Math.min(zeros.length, end - at);
    if (zeros.compare(bytes, at, at + length, 0, length) !== 0) return false;
  }
  return true;
}
