/**
 * Pages as bbolt writes them: elements first, then keys and values in element order without gaps.
 */
import { bucketElementFlag, elementSize, type LeafElement, pageFlags, pageHeaderSize } from './page.ts';

/** What a branch needs to know of a child: its smallest key and where it is. */
export interface ChildRef {
  readonly key: Uint8Array;
  readonly id: number;
}

/** Bytes that an item takes on a leaf page. */
export function leafItemSize(item: LeafElement): number {
  return elementSize + item.key.length + item.value.length;
}

/** Bytes that a child takes on a branch page. */
export function branchItemSize(child: ChildRef): number {
  return elementSize + child.key.length;
}

/** Encodes a leaf; the result has a whole number of pages, or exactly its used bytes when `pageSize` is undefined. */
export function encodeLeaf(
  id: number,
  items: readonly LeafElement[],
  pageSize: number | undefined,
): Uint8Array {
  const used = items.reduce((sum, item) => sum + leafItemSize(item), pageHeaderSize);
  const { bytes, view } = newPage(id, pageFlags.leaf, items.length, used, pageSize);
  let data = pageHeaderSize + items.length * elementSize;
  items.forEach((item, index) => {
    const at = pageHeaderSize + index * elementSize;
    view.setUint32(at, item.isBucket ? bucketElementFlag : 0, true);
    view.setUint32(at + 4, data - at, true);
    view.setUint32(at + 8, item.key.length, true);
    view.setUint32(at + 12, item.value.length, true);
    bytes.set(item.key, data);
    bytes.set(item.value, data + item.key.length);
    data += item.key.length + item.value.length;
  });
  return bytes;
}

/** Encodes a branch as a whole number of pages. */
export function encodeBranch(id: number, children: readonly ChildRef[], pageSize: number): Uint8Array {
  const used = children.reduce((sum, child) => sum + branchItemSize(child), pageHeaderSize);
  const { bytes, view } = newPage(id, pageFlags.branch, children.length, used, pageSize);
  let data = pageHeaderSize + children.length * elementSize;
  children.forEach((child, index) => {
    const at = pageHeaderSize + index * elementSize;
    view.setUint32(at, data - at, true);
    view.setUint32(at + 4, child.key.length, true);
    view.setBigUint64(at + 8, BigInt(child.id), true);
    bytes.set(child.key, data);
    data += child.key.length;
  });
  return bytes;
}

function newPage(id: number, flags: number, count: number, used: number, pageSize: number | undefined) {
  const pages = pageSize === undefined ? 1 : Math.ceil(used / pageSize);
  const bytes = new Uint8Array(pageSize === undefined ? used : pages * pageSize);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(id), true);
  view.setUint16(8, flags, true);
  view.setUint16(10, count, true);
  view.setUint32(12, pages - 1, true);
  return { bytes, view };
}

/** Most elements that a page may have: its count is a u16 and 0xFFFF is taken. */
const maximumCount = 65_000;

/**
 * Cuts leaf items into runs that each fill a page up to `fillBytes`. An item too large for a page stands alone, with
 * overflow pages.
 */
export function packLeaves(
  items: Iterable<LeafElement>,
  fillBytes: number,
): Generator<readonly LeafElement[]> {
  return packPages(items, leafItemSize, { fillBytes, atLeast: 1 });
}

/** Cuts children into runs that fill a page, but at least two to a page: else no level has fewer than the one below. */
export function packBranches(children: Iterable<ChildRef>, pageSize: number): Generator<readonly ChildRef[]> {
  return packPages(children, branchItemSize, { fillBytes: pageSize, atLeast: 2 });
}

function* packPages<T>(
  items: Iterable<T>,
  sizeOf: (item: T) => number,
  { fillBytes, atLeast }: { readonly fillBytes: number; readonly atLeast: number },
): Generator<readonly T[]> {
  let run: T[] = [];
  let used = pageHeaderSize;
  for (const item of items) {
    const size = sizeOf(item);
    if (run.length >= atLeast && (used + size > fillBytes || run.length >= maximumCount)) {
      yield run;
      run = [];
      used = pageHeaderSize;
    }
    run.push(item);
    used += size;
  }
  if (run.length > 0) yield run;
}
