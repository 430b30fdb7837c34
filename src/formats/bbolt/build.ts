/**
 * The bulk builder: sorted items in, a fresh compact database out, streaming.
 *
 * Leaves are written as they fill; of each level of branches only the page being filled is in memory. The two meta
 * pages come last, so a build that stops halfway leaves a file that nobody takes for a database.
 * Layout: metas 0 and 1, the buckets' pages, the root leaf, no freelist (as etcd on Linux writes).
 */
import { compareBytes } from '../../base/index.ts';
import { bucketHeaderSize, showName } from './bucket.ts';
import { BucketContent, limitsOf, type PageAppender, writingShape } from './bucket-content.ts';
import { encodeLeaf, ownRoom } from './encode-page.ts';
import { encodeMetaPage, type Meta } from './meta.ts';
import { TreePacker } from './pack-tree.ts';
import type { LeafElement } from './page.ts';

export interface BuildOptions {
  /** A power of two from 1024; default 4096. */
  readonly pageSize?: number;
  /** Share of a page that is filled; default 0.9, as etcd's defragmentation fills its pages. */
  readonly fill?: number;
  /** Receives bytes at offsets, in ascending order except for the two meta pages at the end. Not kept after the call. */
  readonly write: (bytes: Uint8Array, offset: number) => void;
}

export interface BuildItem {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface BucketInput {
  readonly name: Uint8Array;
  /** In ascending key order, else RangeError. */
  readonly items: Iterable<BuildItem>;
  readonly sequence?: bigint;
}

export interface DatabaseBuilder {
  /** Writes a whole bucket. Buckets may come in any order; a name may come once. */
  addBucket(input: BucketInput): void;
  /** Begins a bucket whose items come one by one. One at a time; the others wait until it is finished. */
  startBucket(name: Uint8Array, sequence?: bigint): BucketWriter;
  /** Writes the root and the meta pages; returns the meta. */
  finish(): Meta;
}

/** A bucket that is being written. */
export interface BucketWriter {
  /** In ascending key order, else RangeError. Both are kept until their page is full. */
  add(key: Uint8Array, value: Uint8Array): void;
  finish(): void;
}

export const defaultPageSize = 4096;

/** Bytes collected before they are handed on: fewer, larger writes. */
const batchBytes = 1 << 20;

export function createDatabaseBuilder(options: BuildOptions): DatabaseBuilder {
  const pageSize = options.pageSize ?? defaultPageSize;
  const limits = limitsOf(pageSize, options.fill);
  const output = openPageOutput(pageSize, options.write);
  const shape = writingShape(output);
  const roots: LeafElement[] = [];
  const startBucket = (name: Uint8Array, sequence = 0n): BucketWriter => {
    const content = new BucketContent(shape, pageSize, limits);
    const requireNext = ascendingKeys(showName(name));
    return {
      add(key, value) {
        requireNext(key);
        content.add({ key, value, isBucket: false });
      },
      finish() {
        const inlined = content.inlined();
        const value =
          inlined === undefined
            ? bucketValue(content.finish().id, sequence)
            : bucketValue(0, sequence, encodeLeaf(0, inlined, undefined));
        roots.push({ key: name.slice(), value, isBucket: true });
      },
    };
  };
  return {
    startBucket,
    addBucket({ name, items, sequence }) {
      const bucket = startBucket(name, sequence);
      for (const { key, value } of items) bucket.add(key, value);
      bucket.finish();
    },
    finish() {
      const tree = new TreePacker(shape, limits);
      const requireNext = ascendingKeys('root');
      for (const root of roots.sort((a, b) => compareBytes(a.key, b.key))) {
        requireNext(root.key);
        tree.add(root);
      }
      const rootId = tree.finish().id;
      output.flush();
      const meta = {
        pageSize,
        rootId,
        rootSequence: 0n,
        freelistId: undefined,
        pageCount: output.pageCount,
        txid: 2n,
      };
      options.write(encodeMetaPage(1, { ...meta, txid: 1n }), pageSize);
      options.write(encodeMetaPage(0, meta), 0);
      return meta;
    },
  };
}

/** Refuses a key that is not above the one before. */
function ascendingKeys(bucket: string): (key: Uint8Array) => void {
  let before: Uint8Array | undefined;
  return (key) => {
    if (before !== undefined && compareBytes(before, key) >= 0)
      throw new RangeError(`bucket ${bucket}: items are not in ascending key order`);
    before = key;
  };
}

interface PageOutput extends PageAppender {
  /** Pages given out so far, the two metas included. */
  readonly pageCount: number;
  flush(): void;
}

/** Pages are written where they will be handed on from. */
function openPageOutput(pageSize: number, write: BuildOptions['write']): PageOutput {
  const bytes = new Uint8Array(Math.max(batchBytes, pageSize));
  const view = new DataView(bytes.buffer);
  let batchOffset = 2 * pageSize;
  let batched = 0;
  let pageCount = 2;
  const flush = () => {
    if (batched > 0) write(bytes.subarray(0, batched), batchOffset);
    batchOffset += batched;
    batched = 0;
  };
  return {
    get pageCount() {
      return pageCount;
    },
    append(usedBytes, encode) {
      const id = pageCount;
      const pages = Math.ceil(usedBytes / pageSize);
      const sizeBytes = pages * pageSize;
      pageCount += pages;
      if (batched + sizeBytes > bytes.length) flush();
      if (sizeBytes > bytes.length) {
        const room = ownRoom(usedBytes, pageSize);
        encode(room, id);
        write(room.bytes, batchOffset);
        batchOffset += sizeBytes;
      } else {
        encode({ bytes, view, start: batched, sizeBytes, overflow: pages - 1 }, id);
        batched += sizeBytes;
      }
      return id;
    },
    flush,
  };
}

/** Encodes a bucket's header, with its inline page behind it when there is one. */
export function bucketValue(
  rootId: number,
  sequence: bigint,
  inline: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const value = new Uint8Array(bucketHeaderSize + inline.length);
  const view = new DataView(value.buffer);
  view.setBigUint64(0, BigInt(rootId), true);
  view.setBigUint64(8, sequence, true);
  value.set(inline, bucketHeaderSize);
  return value;
}
