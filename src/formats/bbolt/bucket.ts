/**
 * Buckets: trees of pages, or one leaf image inside the parent's value.
 *
 * A bucket's value starts with `root` u64 · `sequence` u64. `root` 0 means inline: a complete leaf page image follows.
 * Source: bbolt `bucket.go`, v1.4.3.
 */
import { compareBytes, hasCode, type HoldfastError, utf8 } from '../../base/index.ts';
import {
  branchElement,
  contentEnd,
  corrupt,
  decodePage,
  type LeafElement,
  leafElement,
  maximumDepth,
  type Page,
  pageFlags,
  pageHeaderSize,
  readPageId,
  showKey,
  type StructureFault,
} from './page.ts';
import type { PageReader } from './page-reader.ts';
import { PageWindow } from './page-window.ts';

/**
 * A key with its value. Both are views of memory that stays as it is while they are referenced. A pass over many
 * entries reads ahead: whoever keeps few of them copies them, for each one keeps up to 256 KiB alive.
 */
export type Entry = LeafElement;

export interface Bucket {
  /** View of the parent's page. */
  readonly name: Uint8Array;
  /** Page id of the top page, or undefined for an inline bucket. */
  readonly rootId: number | undefined;
  readonly sequence: bigint;
  /**
   * Entries in ascending key order, from the first key ≥ `from`. Every key is checked to be above the one before,
   * so damaged trees end in DATABASE_CORRUPT, never in a loop.
   */
  entries(from?: Uint8Array): Iterable<Entry>;
  /**
   * All entries as `entries` gives them, but each one holds only until the next is asked for: one buffer serves all
   * leaves. For passes over large buckets.
   */
  scan(): Iterable<Entry>;
  /** The entry with the greatest key, or undefined in an empty bucket. */
  last(): Entry | undefined;
  /** The value of a key (not of a nested bucket), or undefined. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** A bucket nested in this one, or undefined. */
  bucket(name: string | Uint8Array): Bucket | undefined;
}

export const bucketHeaderSize = 16;

/** The nameless bucket at the top of a file. */
export function rootBucket(pages: PageReader): Bucket {
  const { rootId, rootSequence } = pages.meta;
  return bucketOver(pages, new Uint8Array(0), rootId, rootSequence, () => pages.readTreePage(rootId));
}

/** Opens a bucket from its value in the parent. Throws DATABASE_CORRUPT when the value is no bucket. */
export function openBucket(pages: PageReader, name: Uint8Array, value: Uint8Array): Bucket {
  if (value.length < bucketHeaderSize) throw badHeader(name, value);
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const rootId = readPageId(view, 0);
  const sequence = view.getBigUint64(8, true);
  if (rootId !== 0) {
    if (value.length > bucketHeaderSize) throw badHeader(name, value);
    return bucketOver(pages, name, rootId, sequence, () => pages.readTreePage(rootId));
  }
  const page = inlinePage(name, value);
  return bucketOver(pages, name, undefined, sequence, () => page);
}

function badHeader(name: Uint8Array, value: Uint8Array): HoldfastError {
  const bucket = showName(name);
  return corrupt('bucket-header', `bucket ${bucket}: its header has ${value.length} bytes, not 16`, {
    bucket,
  });
}

/** The leaf image inside an inline bucket's value, as a view. */
export function inlinePage(name: Uint8Array, value: Uint8Array): Page {
  const bucket = showName(name);
  const image = value.subarray(bucketHeaderSize);
  if (image.length < pageHeaderSize)
    throw corrupt('bucket-header', `bucket ${bucket}: its inline page is cut off`, { bucket });
  const page = decodeInline(image, bucket);
  if (page.flags !== pageFlags.leaf)
    throw corrupt('bucket-header', `bucket ${bucket}: its inline page is not a leaf`, { bucket });
  const ownId = readPageId(page.view, 0);
  if (ownId !== 0 || page.overflow !== 0) {
    const message = `bucket ${bucket}: its inline page says it is page ${ownId} with ${page.overflow} overflow pages`;
    throw corrupt('bucket-header', message, { bucket });
  }
  if (contentEnd(page) !== image.length) {
    const message = `bucket ${bucket}: its inline page has ${image.length} bytes, its content ${contentEnd(page)}`;
    throw corrupt('bucket-header', message, { bucket });
  }
  return page;
}

function decodeInline(image: Uint8Array, bucket: string): Page {
  try {
    return decodePage(0, image);
  } catch (error) {
    if (!hasCode(error, 'DATABASE_CORRUPT')) throw error;
    // An inline page has no number of its own.
    const fault = error.details['fault'] as StructureFault;
    throw corrupt(fault, `bucket ${bucket}: its inline page: ${error.message.replace('page 0: ', '')}`, {
      bucket,
    });
  }
}

/** A bucket name for messages: text when it is plain ASCII, hex otherwise. */
export function showName(name: Uint8Array): string {
  return name.length > 0 && name.length <= 64 && name.every((byte) => byte > 0x20 && byte < 0x7f)
    ? String.fromCharCode(...name)
    : showKey(name);
}

function bucketOver(
  pages: PageReader,
  name: Uint8Array,
  rootId: number | undefined,
  sequence: bigint,
  rootPage: () => Page,
): Bucket {
  const find = (key: Uint8Array) => {
    for (const entry of walk(pages, rootPage(), key))
      return compareBytes(entry.key, key) === 0 ? entry : undefined;
    return undefined;
  };
  return {
    name,
    rootId,
    sequence,
    entries: (from) => walk(pages, rootPage(), from, new PageWindow(pages.source, pages.meta.pageSize)),
    scan: () =>
      walk(pages, rootPage(), undefined, new PageWindow(pages.source, pages.meta.pageSize, { reuse: true })),
    last: () => lastEntry(pages, rootPage()),
    get(key) {
      const entry = find(key);
      return entry === undefined || entry.isBucket ? undefined : entry.value;
    },
    bucket(child) {
      const entry = find(typeof child === 'string' ? utf8(child) : child);
      return entry?.isBucket === true ? openBucket(pages, entry.key, entry.value) : undefined;
    },
  };
}

interface Frame {
  readonly page: Page;
  next: number;
}

function* walk(
  pages: PageReader,
  root: Page,
  from: Uint8Array | undefined,
  window?: PageWindow,
): Generator<Entry> {
  const stack: Frame[] = [{ page: root, next: from === undefined ? 0 : startIndex(root, from) }];
  let before: Uint8Array | undefined;
  const budget = new PageBudget(pages, root);
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { page } = frame;
    if (frame.next >= page.count) {
      stack.pop();
      continue;
    }
    const index = frame.next++;
    if (page.flags === pageFlags.leaf) {
      const entry = leafElement(page, index);
      if (before !== undefined && compareBytes(before, entry.key) >= 0) {
        throw corrupt(
          'key-order',
          `page ${page.id}: key ${showKey(entry.key)} is not above the key before it`,
          { page: page.id },
        );
      }
      before = entry.key;
      yield entry;
      continue;
    }
    const { childId } = branchElement(page, index);
    // What the last key is a view of is about to be overwritten.
    if (window?.isReused === true) before = before?.slice();
    const child = budget.readChild(childId, stack.length, window);
    const seeking = before === undefined && from !== undefined;
    stack.push({ page: child, next: seeking ? startIndex(child, from) : 0 });
  }
}

/** What a walk may read: a tree has no more pages than the file, so more means that pages are reached twice. */
class PageBudget {
  readonly #pages: PageReader;
  #left: number;

  constructor(pages: PageReader, root: Page) {
    this.#pages = pages;
    this.#left = pages.pageLimit;
    this.#spend(root.id, root.overflow);
  }

  /** Reads a page below one at `depth`. */
  readChild(id: number, depth: number, window?: PageWindow): Page {
    if (depth >= maximumDepth)
      throw corrupt('tree-too-deep', `page ${id}: too far below the root`, { page: id });
    this.#spend(id, 0);
    return this.#pages.readTreePage(id, (_, overflow) => this.#spend(id, overflow - 1), window);
  }

  #spend(id: number, overflow: number): void {
    this.#left -= 1 + overflow;
    if (this.#left >= 0) return;
    throw corrupt('page-twice', `page ${id}: the tree refers to it in a circle or more than once`, {
      page: id,
    });
  }
}

/** Where to enter a page for a key: in a leaf the first element ≥ key, in a branch the last element ≤ key. */
function startIndex(page: Page, key: Uint8Array): number {
  let low = 0;
  let high = page.count;
  const isLeaf = page.flags === pageFlags.leaf;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareElementKey(page, middle, key);
    if (isLeaf ? order < 0 : order <= 0) low = middle + 1;
    else high = middle;
  }
  return isLeaf ? low : Math.max(0, low - 1);
}

function compareElementKey(page: Page, index: number, key: Uint8Array): number {
  const element = page.flags === pageFlags.leaf ? leafElement(page, index) : branchElement(page, index);
  return compareBytes(element.key, key);
}

function lastEntry(pages: PageReader, root: Page): Entry | undefined {
  // Empty leaves may exist at the right edge: walk back over them.
  const stack: Frame[] = [{ page: root, next: root.count - 1 }];
  const budget = new PageBudget(pages, root);
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    if (frame.next < 0) {
      stack.pop();
      continue;
    }
    const index = frame.next--;
    if (frame.page.flags === pageFlags.leaf) return leafElement(frame.page, index);
    const { childId } = branchElement(frame.page, index);
    const child = budget.readChild(childId, stack.length);
    stack.push({ page: child, next: child.count - 1 });
  }
  return undefined;
}
