/**
 * The fast look at one leaf: is it sound, and where do its keys and values lie?
 *
 * bbolt writes keys and values in element order without gaps, so a whole leaf is one run of bytes and its checksum is
 * one call. It looks at all that `decodePage` and the full check look at in a leaf.
 */
import { compareRuns } from './outline.ts';
import {
  claimedContent,
  elementSize,
  maximumKeySize,
  pageFlags,
  pageHeaderSize,
  readPageId,
} from './page.ts';

/** A half-open key range, as runs inside a larger array. */
export interface KeyBounds {
  readonly bytes: Uint8Array;
  readonly lowerStart: number;
  readonly lowerEnd: number;
  /** `upperEnd` 0: no upper bound. */
  readonly upperStart: number;
  readonly upperEnd: number;
}

export interface LeafRun {
  readonly count: number;
  /** Offset of the first key from the start of `bytes`. */
  readonly start: number;
  /** Offset behind the last value. */
  readonly end: number;
}

/** Receives each row of a leaf: offsets into the scanned bytes. The value lies between `keyEnd` and `valueEnd`. */
export type RowVisitor = (keyStart: number, keyEnd: number, valueEnd: number) => void;

/**
 * Scans the leaf page `id` that starts at `pageStart` of `bytes` and ends at `pageEnd`, overflow included.
 * Returns undefined for anything that is not a plain sound leaf within its bounds; the full check then says why.
 */
export function scanLeaf(
  bytes: Uint8Array,
  view: DataView,
  pageStart: number,
  pageEnd: number,
  id: number,
  bounds: KeyBounds,
  visit: RowVisitor | undefined,
): LeafRun | undefined {
  if (readPageId(view, pageStart) !== id || view.getUint16(pageStart + 8, true) !== pageFlags.leaf)
    return undefined;
  const count = view.getUint16(pageStart + 10, true);
  const start = pageStart + pageHeaderSize + count * elementSize;
  if (start > pageEnd) return undefined;
  let end = start;
  let beforeStart = bounds.lowerStart;
  let beforeEnd = bounds.lowerEnd;
  let before = bounds.bytes;
  for (let index = 0; index < count; index++) {
    const at = pageStart + pageHeaderSize + index * elementSize;
    const keyStart = at + view.getUint32(at + 4, true);
    const keySize = view.getUint32(at + 8, true);
    const keyEnd = keyStart + keySize;
    const valueEnd = keyEnd + view.getUint32(at + 12, true);
    // Flags are 0: a nested bucket is more than a row.
    if (keyStart !== end || valueEnd > pageEnd || view.getUint32(at, true) !== 0) return undefined;
    if (keySize === 0 || keySize > maximumKeySize) return undefined;
    const order = compareRuns(before, beforeStart, beforeEnd, bytes, keyStart, keyEnd);
    // Against the parent's key "equal" is right; within the page it is not.
    if (order > 0 || (order === 0 && index > 0)) return undefined;
    visit?.(keyStart, keyEnd, valueEnd);
    before = bytes;
    beforeStart = keyStart;
    beforeEnd = keyEnd;
    end = valueEnd;
  }
  if (end < lastPageStart(view, pageStart, pageEnd)) return undefined;
  const { upperStart, upperEnd } = bounds;
  const hasUpper = count > 0 && upperEnd > 0;
  if (hasUpper && compareRuns(bytes, beforeStart, beforeEnd, bounds.bytes, upperStart, upperEnd) >= 0)
    return undefined;
  return { count, start, end };
}

/** Whether the leaf at `pageStart` has the content that its overflow needs, before the overflow is read. */
export function mayOverflow(view: DataView, pageStart: number, pageSize: number): boolean {
  const overflow = view.getUint32(pageStart + 12, true);
  const content = claimedContent(view, pageStart, pageSize);
  return content === undefined || content >= overflow * pageSize;
}

/** Where the last overflow page starts: content that ends before it makes the header a liar. */
function lastPageStart(view: DataView, pageStart: number, pageEnd: number): number {
  const pages = 1 + view.getUint32(pageStart + 12, true);
  return pageEnd - (pageEnd - pageStart) / pages;
}
