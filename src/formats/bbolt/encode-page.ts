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

/** Where pages are written: a part of a larger buffer. */
export interface PageRoom {
  readonly bytes: Uint8Array;
  /** Of the same bytes. */
  readonly view: DataView;
  readonly start: number;
  /** Of all pages, overflow included. */
  readonly sizeBytes: number;
  readonly overflow: number;
}

/** Bytes that the content of a leaf takes, its header included. */
export function leafBytes(items: readonly LeafElement[]): number {
  let used = pageHeaderSize;
  for (const item of items) used += leafItemSize(item);
  return used;
}

/** Bytes that the content of a branch takes, its header included. */
export function branchBytes(children: readonly ChildRef[]): number {
  let used = pageHeaderSize;
  for (const child of children) used += branchItemSize(child);
  return used;
}

/** Writes a leaf; zeros what it does not use of the room. */
export function writeLeaf(room: PageRoom, id: number, items: readonly LeafElement[]): void {
  const { bytes, view, start } = room;
  writeHeader(room, id, pageFlags.leaf, items.length);
  let at = start + pageHeaderSize;
  let data = at + items.length * elementSize;
  for (const { key, value, isBucket } of items) {
    view.setUint32(at, isBucket ? bucketElementFlag : 0, true);
    view.setUint32(at + 4, data - at, true);
    view.setUint32(at + 8, key.length, true);
    view.setUint32(at + 12, value.length, true);
    bytes.set(key, data);
    data += key.length;
    bytes.set(value, data);
    data += value.length;
    at += elementSize;
  }
  bytes.fill(0, data, start + room.sizeBytes);
}

/** Writes a branch; zeros what it does not use of the room. */
export function writeBranch(room: PageRoom, id: number, children: readonly ChildRef[]): void {
  const { bytes, view, start } = room;
  writeHeader(room, id, pageFlags.branch, children.length);
  let at = start + pageHeaderSize;
  let data = at + children.length * elementSize;
  for (const { key, id: child } of children) {
    view.setUint32(at, data - at, true);
    view.setUint32(at + 4, key.length, true);
    view.setBigUint64(at + 8, BigInt(child), true);
    bytes.set(key, data);
    data += key.length;
    at += elementSize;
  }
  bytes.fill(0, data, start + room.sizeBytes);
}

function writeHeader({ view, start, overflow }: PageRoom, id: number, flags: number, count: number): void {
  view.setBigUint64(start, BigInt(id), true);
  view.setUint16(start + 8, flags, true);
  view.setUint16(start + 10, count, true);
  view.setUint32(start + 12, overflow, true);
}

/** Encodes a leaf; the result has a whole number of pages, or exactly its used bytes when `pageSize` is undefined. */
export function encodeLeaf(
  id: number,
  items: readonly LeafElement[],
  pageSize: number | undefined,
): Uint8Array {
  const room = ownRoom(leafBytes(items), pageSize);
  writeLeaf(room, id, items);
  return room.bytes;
}

/** Encodes a branch as a whole number of pages. */
export function encodeBranch(id: number, children: readonly ChildRef[], pageSize: number): Uint8Array {
  const room = ownRoom(branchBytes(children), pageSize);
  writeBranch(room, id, children);
  return room.bytes;
}

/** A fresh buffer of a whole number of pages, or of exactly these bytes when `pageSize` is undefined. */
export function ownRoom(usedBytes: number, pageSize: number | undefined): PageRoom {
  const pages = pageSize === undefined ? 1 : Math.ceil(usedBytes / pageSize);
  const bytes = new Uint8Array(pageSize === undefined ? usedBytes : pages * pageSize);
  const view = new DataView(bytes.buffer);
  return { bytes, view, start: 0, sizeBytes: bytes.length, overflow: pages - 1 };
}

/** Most elements that a page may have: its count is a u16 and 0xFFFF is taken. */
export const maximumCount = 65_000;

/** Fewest elements of a page that has a neighbour, as bbolt splits its pages (`MinKeysPerPage`, 1.3 and 1.4). */
export const leastCount = 2;

/**
 * Cuts leaf items into runs that each fill a page up to `fillBytes`, but at least two to a page, with overflow pages
 * where these are larger: two items of a little more than half a page take less together than on a page each.
 */
export function packLeaves(
  items: Iterable<LeafElement>,
  fillBytes: number,
): Generator<readonly LeafElement[]> {
  return packPages(items, leafItemSize, fillBytes);
}

/** Cuts children into runs that fill a page: at least two to a page, else no level has fewer than the one below. */
export function packBranches(children: Iterable<ChildRef>, pageSize: number): Generator<readonly ChildRef[]> {
  return packPages(children, branchItemSize, pageSize);
}

function* packPages<T>(
  items: Iterable<T>,
  sizeOf: (item: T) => number,
  fillBytes: number,
): Generator<readonly T[]> {
  let run: T[] = [];
  let used = pageHeaderSize;
  for (const item of items) {
    const size = sizeOf(item);
    if (run.length >= leastCount && (used + size > fillBytes || run.length >= maximumCount)) {
      yield run;
      run = [];
      used = pageHeaderSize;
    }
    run.push(item);
    used += size;
  }
  if (run.length > 0) yield run;
}
