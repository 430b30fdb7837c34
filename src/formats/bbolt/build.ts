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
import {
  branchBytes,
  type ChildRef,
  encodeLeaf,
  leafBytes,
  leafItemSize,
  ownRoom,
  packBranches,
  packLeaves,
  writeBranch,
  writeLeaf,
} from './encode-page.ts';
import { encodeMetaPage, type Meta } from './meta.ts';
import { type LeafElement, pageHeaderSize } from './page.ts';

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
  const fillBytes = Math.floor(pageSize * (options.fill ?? 0.9));
  const output = openPageOutput(pageSize, options.write);
  const roots: LeafElement[] = [];
  return {
    addBucket(input) {
      const value = writeBucket(output, input, fillBytes);
      roots.push({ key: input.name.slice(), value, isBucket: true });
    },
    startBucket: (name, sequence = 0n) => {
      const limits = limitsOf(pageSize, options.fill);
      const content = new BucketContent(writingShape(output), pageSize, limits);
      let before: Uint8Array | undefined;
      return {
        add(key, value) {
          if (before !== undefined && compareBytes(before, key) >= 0)
            throw new RangeError(`bucket ${showName(name)}: items are not in ascending key order`);
          before = key;
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
    },
    finish() {
      roots.sort((a, b) => compareBytes(a.key, b.key));
      const rootId = writeTree(output, ascending(roots, 'root'), fillBytes);
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

interface PageOutput extends PageAppender {
  readonly pageSize: number;
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
    pageSize,
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

/** Writes a bucket's pages and returns its value for the root: a header, or a header with the inline page. */
function writeBucket(output: PageOutput, input: BucketInput, fillBytes: number): Uint8Array {
  const inlineLimit = output.pageSize / 4;
  const head: LeafElement[] = [];
  let headBytes = pageHeaderSize;
  const items = ascending(toElements(input.items), showName(input.name))[Symbol.iterator]();
  for (let next = items.next(); ; next = items.next()) {
    if (next.done === true) return bucketValue(0, input.sequence ?? 0n, encodeLeaf(0, head, undefined));
    head.push(next.value);
    headBytes += leafItemSize(next.value);
    if (headBytes > inlineLimit) break;
  }
  const rest = { [Symbol.iterator]: () => items };
  return bucketValue(writeTree(output, concatenate(head, rest), fillBytes), input.sequence ?? 0n);
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

/** Writes leaves and the branches above them; returns the id of the top page. */
function writeTree(output: PageOutput, items: Iterable<LeafElement>, fillBytes: number): number {
  const top = writeBranches(output, writeLeaves(output, items, fillBytes));
  return top ?? output.append(leafBytes([]), (room, id) => writeLeaf(room, id, []));
}

function* writeLeaves(
  output: PageOutput,
  items: Iterable<LeafElement>,
  fillBytes: number,
): Generator<ChildRef> {
  for (const run of packLeaves(items, fillBytes)) {
    const id = output.append(leafBytes(run), (room, own) => writeLeaf(room, own, run));
    yield { key: run[0]!.key.slice(), id };
  }
}

/** Writes one level of branches after another, pulling children through all levels at once. */
function writeBranches(output: PageOutput, children: Iterable<ChildRef>): number | undefined {
  const iterator = children[Symbol.iterator]();
  const first = iterator.next();
  if (first.done === true) return undefined;
  const second = iterator.next();
  if (second.done === true) return first.value.id;
  const rest = { [Symbol.iterator]: () => iterator };
  return writeBranches(output, writeLevel(output, concatenate([first.value, second.value], rest)));
}

function* writeLevel(output: PageOutput, children: Iterable<ChildRef>): Generator<ChildRef> {
  for (const run of packBranches(children, output.pageSize)) {
    const id = output.append(branchBytes(run), (room, own) => writeBranch(room, own, run));
    yield { key: run[0]!.key, id };
  }
}

function* toElements(items: Iterable<BuildItem>): Generator<LeafElement> {
  for (const { key, value } of items) yield { key, value, isBucket: false };
}

function* ascending(items: Iterable<LeafElement>, bucket: string): Generator<LeafElement> {
  let before: Uint8Array | undefined;
  for (const item of items) {
    if (before !== undefined && compareBytes(before, item.key) >= 0) {
      throw new RangeError(`bucket ${bucket}: items are not in ascending key order`);
    }
    before = item.key;
    yield item;
  }
}

function* concatenate<T>(first: Iterable<T>, second: Iterable<T>): Generator<T> {
  yield* first;
  yield* second;
}
