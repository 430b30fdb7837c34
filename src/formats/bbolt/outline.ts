/**
 * The outline of a database: which leaf pages it has, in tree order, read from the branch pages alone.
 *
 * Branches are under one percent of a file. Knowing the leaves beforehand, a scan reads the file once from front to
 * back, on as many threads as it likes, and still puts the results together in tree order.
 */
import { compareBytes } from '../../base/index.ts';
import { type Bucket, showName } from './bucket.ts';
import type { Database } from './database.ts';
import {
  branchElement,
  corrupt,
  leafElement,
  elementSize,
  maximumDepth,
  maximumKeySize,
  type Page,
  pageFlags,
  pageHeaderSize,
  readPageId,
} from './page.ts';

export interface BucketOutline {
  readonly bucket: Bucket;
  /** Index of the bucket's first leaf in `leafIds`; `leafCount` 0 for an inline bucket. */
  readonly firstLeaf: number;
  readonly leafCount: number;
}

/** All arrays lie over SharedArrayBuffers, so that threads may read them without a copy. */
export interface Outline {
  /** Root buckets in byte order of their names. */
  readonly buckets: readonly BucketOutline[];
  readonly leafCount: number;
  /** Page ids of the leaves of all buckets, in tree order. */
  readonly leafIds: Uint32Array;
  /** Leaf index + 1 by page id; 0 for pages that are no leaf. */
  readonly leafByPage: Uint32Array;
  /** The keys that the branches give to their children, end to end: leaf i's is `bounds[boundEnds[i-1]…boundEnds[i]]`. */
  readonly bounds: Uint8Array;
  readonly boundEnds: Uint32Array;
  /** Ids of pages that are not leaves of buckets: branches, and the pages of the root tree, each with its overflow. */
  readonly otherPages: readonly number[];
}

interface Growing {
  readonly database: Database;
  readonly leafIds: Uint32Array;
  readonly leafByPage: Uint32Array;
  readonly boundEnds: Uint32Array;
  bounds: Uint8Array;
  leafCount: number;
  readonly otherPages: number[];
  /** Pages read, overflow included. */
  pagesRead: number;
}

/** Page ids fit 32 bits up to 16 TiB of 4 KiB pages. */
const maximumPages = 0xffff_ffff;

/**
 * Outlines a database. Throws DATABASE_CORRUPT when the branches are damaged, and likewise for the rare sound shape
 * that an outline cannot hold (a tree whose leaves are not all at one depth, a branch whose first key is not the one
 * that its parent has for it): callers then take the slower way through `checkDatabase` and cursors.
 */
export function outlineDatabase(database: Database): Outline {
  const { pageCount, pageSize, rootId } = database.meta;
  if (pageCount > maximumPages || pageCount * pageSize > database.source.sizeBytes) {
    throw corrupt('file-too-short', `the meta page counts ${pageCount} pages, the file is shorter`, {
      pageCount,
    });
  }
  const growing: Growing = {
    database,
    leafIds: new Uint32Array(new SharedArrayBuffer(pageCount * 4)),
    leafByPage: new Uint32Array(new SharedArrayBuffer(pageCount * 4)),
    boundEnds: new Uint32Array(new SharedArrayBuffer(pageCount * 4)),
    bounds: new Uint8Array(1 << 16),
    leafCount: 0,
    otherPages: [],
    pagesRead: 0,
  };
  collectRootPages(growing, rootId, unbounded, 0);
  const buckets = [...database.buckets()].map((bucket) => outlineBucket(growing, bucket));
  const bounds = new Uint8Array(new SharedArrayBuffer(growing.boundEnds[growing.leafCount - 1] ?? 0));
  bounds.set(growing.bounds.subarray(0, bounds.length));
  const { leafCount, leafIds, leafByPage, boundEnds, otherPages } = growing;
  return { buckets, leafCount, leafIds, leafByPage, bounds, boundEnds, otherPages };
}

/** What a parent's keys allow in a child: lower ≤ key < upper. */
interface Range {
  readonly lower: Uint8Array | undefined;
  readonly upper: Uint8Array | undefined;
}

const unbounded: Range = { lower: undefined, upper: undefined };

interface Child {
  readonly id: number;
  readonly range: Range & { readonly lower: Uint8Array };
}

/** Branches are read twice at most, once to find the height of their tree; more is a sign of pages used twice. */
function readPage(growing: Growing, id: number): Page {
  const page = growing.database.pages.readTreePage(id);
  growing.pagesRead += 1 + page.overflow;
  if (growing.pagesRead > 2 * growing.database.meta.pageCount)
    throw corrupt('page-twice', `page ${id}: used more than once`, { page: id });
  return page;
}

/** The root tree is read whole: it has a row for each bucket, so it is nearly always one page. */
function collectRootPages(growing: Growing, id: number, range: Range, depth: number): void {
  if (depth > maximumDepth)
    throw corrupt('tree-too-deep', `page ${id}: too far below the root`, { page: id });
  const page = readPage(growing, id);
  addOtherPages(growing, page);
  if (page.flags === pageFlags.branch) {
    for (const child of childrenOf(page, range)) collectRootPages(growing, child.id, child.range, depth + 1);
    return;
  }
  let before: Uint8Array | undefined;
  for (let index = 0; index < page.count; index++) {
    const { key } = leafElement(page, index);
    checkKey(page, key, before, range);
    before = key;
  }
}

/** The children of a branch with what their keys may be, after a check of the branch's own keys. */
function* childrenOf(page: Page, range: Range): Generator<Child> {
  if (page.count === 0)
    throw corrupt('branch-empty', `page ${page.id}: a branch without children`, { page: page.id });
  let before: Uint8Array | undefined;
  for (let index = 0; index < page.count; index++) {
    const { key, childId } = branchElement(page, index);
    checkKey(page, key, before, range);
    const upper = index + 1 < page.count ? branchElement(page, index + 1).key : range.upper;
    yield { id: childId, range: { lower: key, upper } };
    before = key;
  }
}

function checkKey(page: Page, key: Uint8Array, before: Uint8Array | undefined, range: Range): void {
  if (key.length === 0 || key.length > maximumKeySize)
    throw corrupt('key-size', `page ${page.id}: a key of ${key.length} bytes`, { page: page.id });
  if (before !== undefined && compareBytes(before, key) >= 0)
    throw corrupt('key-order', `page ${page.id}: a key is not above the key before it`, { page: page.id });
  const { lower, upper } = range;
  if (lower !== undefined && compareBytes(key, lower) < 0) throw outOfBounds(page);
  if (upper !== undefined && compareBytes(key, upper) >= 0) throw outOfBounds(page);
}

function outOfBounds(page: Page): Error {
  const message = `page ${page.id}: a key is not what its parent allows`;
  return corrupt('key-out-of-bounds', message, { page: page.id });
}

function addOtherPages(growing: Growing, page: Page): void {
  for (let id = page.id; id <= page.id + page.overflow; id++) growing.otherPages.push(id);
}

function outlineBucket(growing: Growing, bucket: Bucket): BucketOutline {
  const firstLeaf = growing.leafCount;
  if (bucket.rootId === undefined) {
    for (const { key, isBucket } of bucket.entries()) {
      if (isBucket || key.length === 0 || key.length > maximumKeySize) throw unusualBucket(bucket);
    }
    return { bucket, firstLeaf, leafCount: 0 };
  }
  const height = heightOf(growing, bucket.rootId);
  if (height === 0) addLeaf(growing, bucket.rootId, new Uint8Array(0), 0, 0);
  else collectLeaves(growing, bucket.rootId, unbounded, height);
  return { bucket, firstLeaf, leafCount: growing.leafCount - firstLeaf };
}

function unusualBucket(bucket: Bucket): Error {
  const name = showName(bucket.name);
  return corrupt('bucket-header', `bucket ${name}: holds more than plain rows`, { bucket: name });
}

/** Levels of branches above the leaves, by the leftmost way down. */
function heightOf(growing: Growing, rootId: number): number {
  let page = readPage(growing, rootId);
  for (let height = 0; height <= maximumDepth; height++) {
    if (page.flags === pageFlags.leaf) return height;
    if (page.count === 0)
      throw corrupt('branch-empty', `page ${page.id}: a branch without children`, { page: page.id });
    page = readPage(growing, readPageId(page.view, pageHeaderSize + 8));
  }
  throw corrupt('tree-too-deep', `page ${page.id}: too far below the root`, { page: page.id });
}

function collectLeaves(growing: Growing, id: number, range: Range, height: number): void {
  const page = readPage(growing, id);
  if (page.flags !== pageFlags.branch || page.count === 0) {
    throw corrupt('page-type', `page ${id}: no branch where one is needed`, { page: id });
  }
  // Then the upper bound of a branch's last leaf is the lower bound of the next branch's first one.
  if (range.lower !== undefined && compareBytes(branchElement(page, 0).key, range.lower) !== 0)
    throw outOfBounds(page);
  addOtherPages(growing, page);
  if (height === 1) {
    addLeavesBelow(growing, page, range);
    return;
  }
  for (const child of childrenOf(page, range)) collectLeaves(growing, child.id, child.range, height - 1);
}

/**
 * Adds the leaves below a branch after the same checks as `childrenOf`, whose lower bound the caller has made. Nearly
 * every branch is one of these, so no object is made for a child.
 */
function addLeavesBelow(growing: Growing, page: Page, range: Range): void {
  const { id, bytes, view, count } = page;
  let beforeStart = 0;
  let beforeEnd = 0;
  for (let index = 0; index < count; index++) {
    const at = pageHeaderSize + index * elementSize;
    const start = at + view.getUint32(at, true);
    const end = start + view.getUint32(at + 4, true);
    if (end === start || end - start > maximumKeySize)
      throw corrupt('key-size', `page ${id}: a key of ${end - start} bytes`, { page: id });
    if (index > 0 && compareRuns(bytes, beforeStart, beforeEnd, bytes, start, end) >= 0)
      throw corrupt('key-order', `page ${id}: a key is not above the key before it`, { page: id });
    addLeaf(growing, readPageId(view, at + 8), bytes, start, end);
    beforeStart = start;
    beforeEnd = end;
  }
  const { upper } = range;
  if (upper !== undefined && compareRuns(bytes, beforeStart, beforeEnd, upper, 0, upper.length) >= 0)
    throw outOfBounds(page);
}

/** Adds a leaf with the key, a run of `bytes`, that its parent gives to it; an empty one for the only leaf of a bucket. */
function addLeaf(growing: Growing, id: number, bytes: Uint8Array, keyStart: number, keyEnd: number): void {
  if (id < 2 || id >= growing.leafByPage.length)
    throw corrupt('page-out-of-range', `page ${id}: out of range`, { page: id });
  if (growing.leafByPage[id] !== 0)
    throw corrupt('page-twice', `page ${id}: used more than once`, { page: id });
  const start = growing.boundEnds[growing.leafCount - 1] ?? 0;
  const end = start + (keyEnd - keyStart);
  if (end > growing.bounds.length) {
    const grown = new Uint8Array(Math.max(growing.bounds.length * 2, end));
    grown.set(growing.bounds);
    growing.bounds = grown;
  }
  for (let from = keyStart, to = start; from < keyEnd; from++, to++) growing.bounds[to] = bytes[from]!;
  growing.leafIds[growing.leafCount] = id;
  growing.boundEnds[growing.leafCount] = end;
  growing.leafCount++;
  growing.leafByPage[id] = growing.leafCount;
}

/** Where leaf `index`'s bound starts in `bounds`. */
export function boundStart(boundEnds: Uint32Array, index: number): number {
  return index === 0 ? 0 : boundEnds[index - 1]!;
}

/** Unsigned bytewise order of two runs inside larger arrays: the hot-loop form of `compareBytes`. */
export function compareRuns(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const shorter = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < shorter; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}
