/**
 * The in-place patcher: one copy-on-write commit of a handful of edits into a database file.
 *
 * Changed pages and the branches above them are written behind the last page in use; nothing that either meta page
 * can reach is overwritten. The new meta comes last, on the page that is not in use, with a txid above both. So a
 * crash before it leaves the old state and after it the new one: the caller writes `pages`, flushes, writes `meta`,
 * flushes.
 * No freelist is stored, so bbolt finds the abandoned pages free when it next opens the file for writing.
 */
import { compareBytes } from '../../base/index.ts';
import { bucketValue } from './build.ts';
import type { Bucket } from './bucket.ts';
import type { Database } from './database.ts';
import {
  type ChildRef,
  encodeBranch,
  encodeLeaf,
  leafItemSize,
  packBranches,
  packLeaves,
} from './encode-page.ts';
import { encodeMetaPage, isValidMeta, maximumTxid, type Meta } from './meta.ts';
import {
  branchElement,
  corrupt,
  type LeafElement,
  leafElement,
  maximumDepth,
  type Page,
  pageFlags,
  pageHeaderSize,
  showKey,
} from './page.ts';

/** Edits of one root bucket. A key may be named once, in `put` or in `delete`. */
export interface BucketEdits {
  readonly bucket: Uint8Array;
  /** Removes every key that is there before `put`. */
  readonly clear?: boolean;
  readonly put?: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[];
  /** Keys that are not there are no error. */
  readonly delete?: readonly Uint8Array[];
}

export interface PageWrite {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface PatchPlan {
  /** New pages, in ascending order of offset. */
  readonly pages: readonly PageWrite[];
  /** The new meta page: to be written only after `pages` are on disk. */
  readonly meta: PageWrite;
  /** The least size that the file must have afterwards; writing `pages` brings it about. */
  readonly sizeBytes: number;
}

type Change = { readonly key: Uint8Array; readonly item: LeafElement | undefined };

interface Allocation {
  readonly database: Database;
  readonly writes: PageWrite[];
  nextId: number;
}

/**
 * Plans the commit; reads the pages that it replaces, writes nothing. Buckets that do not exist are created.
 * Throws DATABASE_CORRUPT when a page on the way is damaged.
 */
export function planPatch(database: Database, edits: readonly BucketEdits[]): PatchPlan {
  const { pageSize, pageCount } = database.meta;
  if (pageCount * pageSize > database.source.sizeBytes) {
    const message = `the meta page counts ${pageCount} pages, the file is shorter`;
    throw corrupt('file-too-short', message, { sizeBytes: database.source.sizeBytes });
  }
  const allocation: Allocation = { database, writes: [], nextId: pageCount };
  const rootChanges = edits
    .map((edit) => ({ key: edit.bucket, item: editBucket(allocation, edit) }))
    .sort((a, b) => compareBytes(a.key, b.key));
  const roots = rewriteTree(allocation, database.meta.rootId, rootChanges, 0);
  const rootId = topOf(allocation, roots);
  const meta: Meta = {
    ...database.meta,
    rootId,
    freelistId: undefined,
    pageCount: allocation.nextId,
    txid: nextTxid(database),
  };
  const metaId = Number(meta.txid % 2n);
  return {
    pages: allocation.writes,
    meta: { offset: metaId * pageSize, bytes: encodeMetaPage(metaId, meta) },
    sizeBytes: meta.pageCount * pageSize,
  };
}

/**
 * Above both metas, and of the parity of the page that is not in use: bbolt writes transaction t to page t % 2, and a
 * file that a server streamed may have the newer meta on either page.
 */
function nextTxid(database: Database): bigint {
  const valid = database.metaPages.filter(isValidMeta);
  const newest = valid.reduce((max, meta) => (meta.txid > max ? meta.txid : max), 0n);
  const spare = database.meta === database.metaPages[0] ? 1n : 0n;
  if (newest > maximumTxid)
    throw corrupt('meta-txid', `the transaction id ${newest} leaves no room for another`, { page: 0 });
  return (newest + 1n) % 2n === spare ? newest + 1n : newest + 2n;
}

/** Applies edits to one bucket and returns its new element for the root. */
function editBucket(allocation: Allocation, edit: BucketEdits): LeafElement {
  const bucket = edit.clear === true ? undefined : allocation.database.bucket(edit.bucket);
  const sequence = bucket?.sequence ?? 0n;
  const changes = changesOf(edit);
  const element = (value: Uint8Array) => ({ key: edit.bucket, value, isBucket: true });
  if (bucket?.rootId !== undefined) {
    const nodes = rewriteTree(allocation, bucket.rootId, changes, 0);
    return element(bucketValue(topOf(allocation, nodes), sequence));
  }
  const items = mergeItems(itemsOf(bucket), changes);
  const used = items.reduce((sum, item) => sum + leafItemSize(item), pageHeaderSize);
  const mayInline = used <= allocation.database.pageSize / 4 && items.every((item) => !item.isBucket);
  if (mayInline) return element(bucketValue(0, sequence, encodeLeaf(0, items, undefined)));
  return element(bucketValue(topOf(allocation, writeLeaves(allocation, items)), sequence));
}

function changesOf(edit: BucketEdits): Change[] {
  const puts = (edit.put ?? []).map(({ key, value }) => ({ key, item: { key, value, isBucket: false } }));
  const deletes = (edit.delete ?? []).map((key) => ({ key, item: undefined }));
  return [...puts, ...deletes].sort((a, b) => compareBytes(a.key, b.key));
}

function itemsOf(bucket: Bucket | undefined): LeafElement[] {
  return bucket === undefined ? [] : [...bucket.entries()];
}

/** Rewrites the pages below `id` that hold changed keys; returns what replaces it in its parent. */
function rewriteTree(
  allocation: Allocation,
  id: number,
  changes: readonly Change[],
  depth: number,
): ChildRef[] {
  if (depth > maximumDepth)
    throw corrupt('tree-too-deep', `page ${id}: too far below the root`, { page: id });
  const page = allocation.database.pages.readTreePage(id);
  if (page.flags === pageFlags.leaf)
    return writeLeaves(allocation, mergeItems(ascendingElements(page, leafElement), changes));
  const children = ascendingElements(page, branchElement);
  const rewritten = children.flatMap((child, index): ChildRef[] => {
    const lower = index === 0 ? undefined : child.key;
    const own = changesBetween(changes, lower, children[index + 1]?.key);
    if (own.length === 0) return [{ key: child.key, id: child.childId }];
    return rewriteTree(allocation, child.childId, own, depth + 1);
  });
  return writeBranches(allocation, rewritten);
}

function changesBetween(
  changes: readonly Change[],
  lower: Uint8Array | undefined,
  upper: Uint8Array | undefined,
) {
  return changes.filter(
    ({ key }) =>
      (lower === undefined || compareBytes(key, lower) >= 0) &&
      (upper === undefined || compareBytes(key, upper) < 0),
  );
}

/** Elements of a page in key order, which is checked: else one change could belong below many children. */
function ascendingElements<T extends { readonly key: Uint8Array }>(
  page: Page,
  read: (page: Page, index: number) => T,
): T[] {
  const elements = Array.from({ length: page.count }, (_, index) => read(page, index));
  elements.forEach(({ key }, index) => {
    if (index === 0 || compareBytes(elements[index - 1]!.key, key) < 0) return;
    const message = `page ${page.id}: key ${showKey(key)} is not above the key before it`;
    throw corrupt('key-order', message, { page: page.id });
  });
  return elements;
}

/** Merges two ascending lists; a change wins over the item of the same key. */
function mergeItems(items: readonly LeafElement[], changes: readonly Change[]): LeafElement[] {
  const merged: LeafElement[] = [];
  let next = 0;
  for (const { key, item } of changes) {
    for (; next < items.length && compareBytes(items[next]!.key, key) < 0; next++) merged.push(items[next]!);
    if (next < items.length && compareBytes(items[next]!.key, key) === 0) next++;
    if (item !== undefined) merged.push(item);
  }
  return merged.concat(items.slice(next));
}

function writeLeaves(allocation: Allocation, items: readonly LeafElement[]): ChildRef[] {
  const { pageSize } = allocation.database;
  return [...packLeaves(items, pageSize)].map((run) => ({
    key: run[0]!.key,
    id: allocate(allocation, (id) => encodeLeaf(id, run, pageSize)),
  }));
}

function writeBranches(allocation: Allocation, children: readonly ChildRef[]): ChildRef[] {
  const { pageSize } = allocation.database;
  return [...packBranches(children, pageSize)].map((run) => ({
    key: run[0]!.key,
    id: allocate(allocation, (id) => encodeBranch(id, run, pageSize)),
  }));
}

/** The id of the one page above all of these: themselves, new branches, or an empty leaf. */
function topOf(allocation: Allocation, nodes: readonly ChildRef[]): number {
  let level = nodes;
  while (level.length > 1) level = writeBranches(allocation, level);
  return level[0]?.id ?? allocate(allocation, (id) => encodeLeaf(id, [], allocation.database.pageSize));
}

function allocate(allocation: Allocation, encode: (id: number) => Uint8Array): number {
  const id = allocation.nextId;
  const bytes = encode(id);
  const { pageSize } = allocation.database;
  allocation.writes.push({ offset: id * pageSize, bytes });
  allocation.nextId += bytes.length / pageSize;
  return id;
}
