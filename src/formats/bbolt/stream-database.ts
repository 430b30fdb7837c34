/**
 * A fresh compact database as a stream from its first byte to its last, for receivers that cannot seek.
 *
 * The meta pages come first and say where the root is and how many pages there are. So the items are gone through
 * twice: once by their sizes alone, which gives every page its place, and once with their bytes.
 * Layout as the bulk builder's: metas, the buckets' pages, the root leaf, no freelist.
 */
import { compareBytes, SliceMeter, type Steps } from '../../base/index.ts';
import { bucketHeaderSize } from './bucket.ts';
import { type BuildItem, bucketValue } from './build.ts';
import { BucketContent, limitsOf, type PageAppender, writingShape } from './bucket-content.ts';
import { encodeLeaf, ownRoom, type PageRoom } from './encode-page.ts';
import { encodeMetaPage } from './meta.ts';
import { TreePacker, type TreeShape } from './pack-tree.ts';
import { elementSize, pageHeaderSize } from './page.ts';

/** Sizes of an item. */
export interface ItemSizes {
  readonly keyBytes: number;
  readonly valueBytes: number;
}

export interface StreamBucket {
  readonly name: Uint8Array;
  /** Sizes of the items, in their order. */
  sizes(): Iterable<ItemSizes>;
  /** In ascending key order; views that stay as they are while they are referenced. */
  items(): Iterable<BuildItem>;
}

export interface StreamPlan {
  readonly pageSize: number;
  readonly pageCount: number;
  readonly rootId: number;
  /** Size of the whole stream. */
  readonly sizeBytes: number;
}

interface SizedChild {
  readonly keyBytes: number;
  readonly id: number;
}

/** Gives every page its place; yields the bytes gone through so far. Buckets in byte order of their names. */
export function* planDatabaseSteps(buckets: readonly StreamBucket[], pageSize: number): Steps<StreamPlan> {
  let pageCount = 2;
  const place = (usedBytes: number): number => {
    const id = pageCount;
    pageCount += Math.ceil(usedBytes / pageSize);
    return id;
  };
  const shape: TreeShape<ItemSizes, SizedChild> = {
    itemBytes: sizedItemBytes,
    childBytes: ({ keyBytes }) => elementSize + keyBytes,
    leaf: (items) => ({ keyBytes: items[0]?.keyBytes ?? 0, id: place(sum(items, sizedItemBytes)) }),
    branch: (children) => ({
      keyBytes: children[0]!.keyBytes,
      id: place(sum(children, ({ keyBytes }) => elementSize + keyBytes)),
    }),
  };
  const meter = new SliceMeter();
  const root = new TreePacker(shape, limitsOf(pageSize));
  for (const bucket of buckets) {
    const content = new BucketContent(shape, pageSize);
    for (const item of bucket.sizes()) {
      content.add(item);
      if (meter.count(item.keyBytes + item.valueBytes)) yield meter.doneBytes;
    }
    const inlined = content.inlined();
    if (inlined === undefined) content.finish();
    const inlineBytes = inlined === undefined ? 0 : sum(inlined, sizedItemBytes);
    root.add({ keyBytes: bucket.name.length, valueBytes: bucketHeaderSize + inlineBytes });
  }
  const rootId = root.finish().id;
  return { pageSize, pageCount, rootId, sizeBytes: pageCount * pageSize };
}

/**
 * The database as planned, in pieces of some hundred KiB; a piece holds until the next is asked for.
 * Throws RangeError when the items are not those of the plan, or not in order.
 */
export function* streamDatabase(plan: StreamPlan, buckets: readonly StreamBucket[]): Generator<Uint8Array> {
  const output = new PageQueue(plan.pageSize);
  yield metaPages(plan);
  const shape = writingShape(output);
  const root = new TreePacker(shape, limitsOf(plan.pageSize));
  for (const bucket of buckets) {
    const content = new BucketContent(shape, plan.pageSize);
    let before: Uint8Array | undefined;
    for (const { key, value } of bucket.items()) {
      if (before !== undefined && compareBytes(before, key) >= 0)
        throw new RangeError('items are not in ascending key order');
      before = key;
      content.add({ key, value, isBucket: false });
      if (output.isFull) yield* output.take();
    }
    const inlined = content.inlined();
    const value =
      inlined === undefined
        ? bucketValue(content.finish().id, 0n)
        : bucketValue(0, 0n, encodeLeaf(0, inlined, undefined));
    root.add({ key: bucket.name, value, isBucket: true });
    yield* output.take();
  }
  const rootId = root.finish().id;
  if (rootId !== plan.rootId || output.pageCount !== plan.pageCount)
    throw new RangeError('the items are not those that were planned with');
  yield* output.take();
}

function metaPages({ pageSize, pageCount, rootId }: StreamPlan): Uint8Array {
  const meta = { pageSize, rootId, rootSequence: 0n, freelistId: undefined, pageCount };
  const bytes = new Uint8Array(2 * pageSize);
  bytes.set(encodeMetaPage(0, { ...meta, txid: 2n }));
  bytes.set(encodeMetaPage(1, { ...meta, txid: 1n }), pageSize);
  return bytes;
}

const pieceBytes = 256 << 10;

/** Pages in order, handed on in pieces. */
class PageQueue implements PageAppender {
  pageCount = 2;
  readonly #pageSize: number;
  #pages: Uint8Array[] = [];
  #queuedBytes = 0;

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  get isFull(): boolean {
    return this.#queuedBytes >= pieceBytes;
  }

  append(usedBytes: number, write: (room: PageRoom, id: number) => void): number {
    const id = this.pageCount;
    const room = ownRoom(usedBytes, this.#pageSize);
    write(room, id);
    this.pageCount += room.overflow + 1;
    this.#pages.push(room.bytes);
    this.#queuedBytes += room.sizeBytes;
    return id;
  }

  *take(): Generator<Uint8Array> {
    if (this.#queuedBytes === 0) return;
    const piece = new Uint8Array(this.#queuedBytes);
    let at = 0;
    for (const page of this.#pages) {
      piece.set(page, at);
      at += page.length;
    }
    this.#pages = [];
    this.#queuedBytes = 0;
    yield piece;
  }
}

function sizedItemBytes({ keyBytes, valueBytes }: ItemSizes): number {
  return elementSize + keyBytes + valueBytes;
}

/** Bytes of a page with these elements. */
function sum<T>(items: readonly T[], bytesOf: (item: T) => number): number {
  return items.reduce((total, item) => total + bytesOf(item), pageHeaderSize);
}
