/**
 * The outline of a database: which leaf pages it has, in tree order, read from the branch pages alone.
 *
 * Branches are under one percent of a file. Knowing the leaves beforehand, a scan reads the file once from front to
 * back, on as many threads as it likes, and still puts the results together in tree order.
 */
import type { Bucket } from './bucket.ts';
import type { Database } from './database.ts';
import {
  corrupt,
  elementSize,
  maximumDepth,
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
}

/** Page ids fit 32 bits up to 16 TiB of 4 KiB pages. */
const maximumPages = 0xffff_ffff;

/**
 * Outlines a database. Throws DATABASE_CORRUPT when the branches are damaged, and likewise for the rare sound shape
 * that an outline cannot hold (a tree whose leaves are not all at one depth, nested buckets): callers then take the
 * slower way through `checkDatabase` and cursors.
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
  };
  collectRootPages(growing, rootId, 0);
  const buckets = [...database.buckets()].map((bucket) => outlineBucket(growing, bucket));
  const bounds = new Uint8Array(new SharedArrayBuffer(growing.boundEnds[growing.leafCount - 1] ?? 0));
  bounds.set(growing.bounds.subarray(0, bounds.length));
  const { leafCount, leafIds, leafByPage, boundEnds, otherPages } = growing;
  return { buckets, leafCount, leafIds, leafByPage, bounds, boundEnds, otherPages };
}

/** The root tree is read whole: it has a row for each bucket, so it is nearly always one page. */
function collectRootPages(growing: Growing, id: number, depth: number): void {
  if (depth > maximumDepth)
    throw corrupt('tree-too-deep', `page ${id}: too far below the root`, { page: id });
  const page = growing.database.pages.readTreePage(id);
  addOtherPages(growing, page);
  if (page.flags === pageFlags.leaf) return;
  for (let index = 0; index < page.count; index++) {
    collectRootPages(growing, readPageId(page.view, pageHeaderSize + index * elementSize + 8), depth + 1);
  }
}

function addOtherPages(growing: Growing, page: Page): void {
  for (let id = page.id; id <= page.id + page.overflow; id++) growing.otherPages.push(id);
  if (growing.otherPages.length > growing.database.meta.pageCount) {
    throw corrupt('page-twice', `page ${page.id}: used more than once`, { page: page.id });
  }
}

function outlineBucket(growing: Growing, bucket: Bucket): BucketOutline {
  const firstLeaf = growing.leafCount;
  if (bucket.rootId === undefined) return { bucket, firstLeaf, leafCount: 0 };
  const height = heightOf(growing.database, bucket.rootId);
  if (height === 0) addLeaf(growing, bucket.rootId);
  else collectLeaves(growing, bucket.rootId, height, firstLeaf);
  return { bucket, firstLeaf, leafCount: growing.leafCount - firstLeaf };
}

/** Levels of branches above the leaves, by the leftmost way down. */
function heightOf(database: Database, rootId: number): number {
  let page = database.pages.readTreePage(rootId);
  for (let height = 0; height <= maximumDepth; height++) {
    if (page.flags === pageFlags.leaf) return height;
    if (page.count === 0)
      throw corrupt('branch-empty', `page ${page.id}: a branch without children`, { page: page.id });
    page = database.pages.readTreePage(readPageId(page.view, pageHeaderSize + 8));
  }
  throw corrupt('tree-too-deep', `page ${page.id}: too far below the root`, { page: page.id });
}

function collectLeaves(growing: Growing, id: number, height: number, firstLeaf: number): void {
  const page = growing.database.pages.readTreePage(id);
  if (page.flags !== pageFlags.branch || page.count === 0) {
    throw corrupt('page-type', `page ${id}: no branch where one is needed`, { page: id });
  }
  addOtherPages(growing, page);
  for (let index = 0; index < page.count; index++) {
    const at = pageHeaderSize + index * elementSize;
    const childId = readPageId(page.view, at + 8);
    if (height > 1) {
      collectLeaves(growing, childId, height - 1, firstLeaf);
      continue;
    }
    const keyStart = at + page.view.getUint32(at, true);
    const keyEnd = keyStart + page.view.getUint32(at + 4, true);
    addLeaf(growing, childId);
    addBound(growing, page, keyStart, keyEnd, firstLeaf);
  }
}

function addLeaf(growing: Growing, id: number): void {
  if (id < 2 || id >= growing.leafByPage.length)
    throw corrupt('page-out-of-range', `page ${id}: out of range`, { page: id });
  if (growing.leafByPage[id] !== 0)
    throw corrupt('page-twice', `page ${id}: used more than once`, { page: id });
  growing.leafIds[growing.leafCount] = id;
  growing.boundEnds[growing.leafCount] = growing.boundEnds[growing.leafCount - 1] ?? 0;
  growing.leafCount++;
  growing.leafByPage[id] = growing.leafCount;
}

/** Keeps the key of the last added leaf; it must be above the one before it in the same bucket. */
function addBound(growing: Growing, page: Page, keyStart: number, keyEnd: number, firstLeaf: number): void {
  if (keyEnd > page.bytes.length)
    throw corrupt('page-elements', `page ${page.id}: a key runs past it`, { page: page.id });
  const leaf = growing.leafCount - 1;
  const start = growing.boundEnds[leaf]!;
  const end = start + (keyEnd - keyStart);
  if (end > growing.bounds.length) {
    const grown = new Uint8Array(Math.max(growing.bounds.length * 2, end));
    grown.set(growing.bounds);
    growing.bounds = grown;
  }
  for (let from = keyStart, to = start; from < keyEnd; from++, to++) growing.bounds[to] = page.bytes[from]!;
  growing.boundEnds[leaf] = end;
  if (
    leaf > firstLeaf &&
    !isAscending(growing.bounds, boundStart(growing.boundEnds, leaf - 1), start, start, end)
  ) {
    throw corrupt('key-order', `page ${page.id}: a key is not above the key before it`, { page: page.id });
  }
}

/** Where leaf `index`'s bound starts in `bounds`. */
export function boundStart(boundEnds: Uint32Array, index: number): number {
  return index === 0 ? 0 : boundEnds[index - 1]!;
}

/** Whether the run a of `bytes` sorts below the run b, without making views. */
function isAscending(bytes: Uint8Array, aStart: number, aEnd: number, bStart: number, bEnd: number): boolean {
  return compareRuns(bytes, aStart, aEnd, bytes, bStart, bEnd) < 0;
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
