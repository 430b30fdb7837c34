/**
 * The part of a scan that every thread does: take the next block of the file, read it, look at the leaves in it.
 *
 * Blocks are handed out in file order by one shared counter, so that a cold disk is read from front to back. Results
 * go into shared arrays by leaf index, which is tree order.
 */
import { crc32c, readFully } from '../../base/index.ts';
import {
  boundStart,
  type KeyBounds,
  mayOverflow,
  type RowVisitor,
  scanLeaf,
} from '../../formats/bbolt/index.ts';
import { LiveKeys } from './live-keys.ts';

/** Everything a thread needs; all arrays lie over SharedArrayBuffers. */
export interface ScanJob {
  /** Open for reading; valid in every thread of the process. */
  readonly fd: number;
  readonly pageSize: number;
  readonly pageCount: number;
  readonly pagesInBlock: number;
  readonly leafCount: number;
  readonly leafByPage: Uint32Array;
  readonly bounds: Uint8Array;
  readonly boundEnds: Uint32Array;
  /** Index behind the last leaf of each bucket. */
  readonly bucketEnds: ReadonlySet<number>;
  /** Whether the leaves' checksums are wanted. */
  readonly wantsHash: boolean;
  /** Leaves of the `key` bucket, whose live user keys are counted; [0, 0) to count none. */
  readonly keyLeaves: readonly [first: number, end: number];
  /** [next block, fault flag, overflow pages that leaves claim]; all by Atomics. */
  readonly shared: Int32Array;
  /** CRC-32C of the run of leaves that ends with this one, and the run's size: 0 where a later leaf continues it. */
  readonly crcs: Uint32Array;
  readonly sizes: Uint32Array;
  readonly rows: Uint32Array;
  readonly overflows: Uint32Array;
}

/** A block stays in the processor's cache between the read and the checksum. */
export const defaultBlockBytes = 512 * 1024;

/** Sizes of runs are kept as 32 bits; a single leaf may add 2 GiB. */
const longestRunBytes = 1 << 30;

/** Something that only the full check can judge was met; the scan's results are void. */
export function hasFault(job: ScanJob): boolean {
  return Atomics.load(job.shared, 1) !== 0;
}

/** Looks at one block after another; `next` returns false when there is none left or a fault was met. */
export class ScanThread {
  readonly liveKeys: LiveKeys | undefined;
  readonly #job: ScanJob;
  readonly #buffer: Uint8Array;
  readonly #view: DataView;
  #lastLeaf = -1;

  constructor(job: ScanJob) {
    this.#job = job;
    this.#buffer = new Uint8Array(job.pagesInBlock * job.pageSize);
    this.#view = new DataView(this.#buffer.buffer);
    this.liveKeys = job.keyLeaves[1] > job.keyLeaves[0] ? new LiveKeys() : undefined;
  }

  /** Scans the next block. */
  next(): boolean {
    const block = Atomics.add(this.#job.shared, 0, 1);
    const { pagesInBlock, pageCount } = this.#job;
    const first = block * pagesInBlock;
    if (first >= pageCount || hasFault(this.#job)) return false;
    this.#scanBlock(first, Math.min(first + pagesInBlock, pageCount));
    return true;
  }

  /** Bytes of the file that blocks handed out so far cover, by all threads together. */
  get doneBytes(): number {
    const { shared, pagesInBlock, pageCount, pageSize } = this.#job;
    return Math.min(Atomics.load(shared, 0) * pagesInBlock, pageCount) * pageSize;
  }

  #scanBlock(firstPage: number, endPage: number): void {
    const { leafByPage, pageSize, fd } = this.#job;
    let first = firstPage;
    while (first < endPage && leafByPage[first] === 0) first++;
    let end = endPage;
    while (end > first && leafByPage[end - 1] === 0) end--;
    if (first === end) return;
    const wanted = this.#buffer.subarray(0, (end - first) * pageSize);
    if (readFully(fd, wanted, first * pageSize) < wanted.length) {
      this.#fault();
      return;
    }
    for (let id = first; id < end; id++) {
      if (leafByPage[id] === 0) continue;
      const at = (id - first) * pageSize;
      const overflow = this.#view.getUint32(at + 12, true);
      if (!this.#mayClaim(at, id, overflow)) this.#fault();
      else if (id + overflow < end) this.#scanLeaf(this.#buffer, this.#view, at, id, overflow);
      else this.#scanLongLeaf(id, overflow);
    }
  }

  /** All leaves together have no more pages than the file: what would be read beyond that is read twice. */
  #mayClaim(at: number, id: number, overflow: number): boolean {
    if (overflow === 0) return true;
    const { shared, pageCount, pageSize } = this.#job;
    if (id + overflow >= pageCount || !mayOverflow(this.#view, at, pageSize)) return false;
    return Atomics.add(shared, 2, overflow) + overflow < pageCount;
  }

  /** A leaf whose overflow pages reach past the block is read by itself. */
  #scanLongLeaf(id: number, overflow: number): void {
    const bytes = new Uint8Array((1 + overflow) * this.#job.pageSize);
    if (readFully(this.#job.fd, bytes, id * this.#job.pageSize) < bytes.length) {
      this.#fault();
      return;
    }
    this.#scanLeaf(bytes, new DataView(bytes.buffer), 0, id, overflow);
  }

  #scanLeaf(bytes: Uint8Array, view: DataView, at: number, id: number, overflow: number): void {
    const job = this.#job;
    const leaf = job.leafByPage[id]! - 1;
    const visit = this.#visitorOf(bytes, leaf);
    const run = scanLeaf(
      bytes,
      view,
      at,
      at + (1 + overflow) * job.pageSize,
      id,
      this.#boundsOf(leaf),
      visit,
    );
    if (run === undefined || this.liveKeys?.isUndecodable === true) {
      this.#fault();
      return;
    }
    if (job.wantsHash) this.#checksum(leaf, bytes.subarray(run.start, run.end));
    job.rows[leaf] = run.count;
    job.overflows[leaf] = overflow;
  }

  /**
   * Where the leaf before in tree order was also the one before on disk, its checksum is continued: the sum of the
   * run stands at its last leaf, and the others count as empty. So there is little left to combine.
   */
  #checksum(leaf: number, rows: Uint8Array): void {
    const { crcs, sizes, bucketEnds } = this.#job;
    const before = leaf - 1;
    const continues =
      leaf > 0 && before === this.#lastLeaf && sizes[before]! < longestRunBytes && !bucketEnds.has(leaf);
    crcs[leaf] = crc32c(rows, continues ? crcs[before] : 0);
    sizes[leaf] = rows.length + (continues ? sizes[before]! : 0);
    if (continues) sizes[before] = 0;
    this.#lastLeaf = leaf;
  }

  #visitorOf(bytes: Uint8Array, leaf: number): RowVisitor | undefined {
    const keys = this.liveKeys;
    const [first, end] = this.#job.keyLeaves;
    if (keys === undefined || leaf < first || leaf >= end) return undefined;
    return (keyStart, keyEnd, valueEnd) => keys.add(bytes, keyStart, keyEnd, valueEnd, leaf);
  }

  #boundsOf(leaf: number): KeyBounds {
    const { bounds, boundEnds, bucketEnds } = this.#job;
    const lowerEnd = boundEnds[leaf]!;
    const isLast = bucketEnds.has(leaf + 1);
    return {
      bytes: bounds,
      lowerStart: boundStart(boundEnds, leaf),
      lowerEnd,
      upperStart: lowerEnd,
      upperEnd: isLast ? 0 : boundEnds[leaf + 1]!,
    };
  }

  #fault(): void {
    Atomics.store(this.#job.shared, 1, 1);
  }
}
