import { uint64BigEndian } from '../../src/base/index.ts';
import { branch, leaf } from './damage-case.ts';
import { DatabaseEditor } from './database-editor.ts';
import { sampleDatabase } from './sample-database.ts';

/** The root is a chain of a hundred branches with one child each. */
export function deepChain(): Uint8Array {
  const editor = emptyDatabase(103, 1024);
  for (let id = 2; id < 102; id++) editor.writePage(id, branch, [[16, 1, id + 1, 0]], Uint8Array.of(0x61));
  editor.writePage(102, leaf, [], new Uint8Array(0));
  editor.meta({ root: 2n, pageCount: 103n });
  return editor.bytes;
}

/** The root leaf holds inline buckets named `b` inside each other. */
export function deepInline(levels: number): Uint8Array {
  let value = inlineValue([]);
  for (let level = 0; level < levels; level++) value = inlineValue([value]);
  const pages = 1 + Math.ceil((value.length + 33) / 1024);
  const editor = emptyDatabase(2 + pages, 1024);
  editor.writePage(2, leaf, [[1, 16, 1, value.length]], Uint8Array.of(0x62));
  editor.bytes.set(value, 2 * 1024 + 33);
  editor.header(2, { overflow: Math.ceil((value.length + 33) / 1024) - 1 });
  editor.meta({ root: 2n, pageCount: BigInt(2 + pages) });
  return editor.bytes;
}

function inlineValue(children: readonly Uint8Array[]): Uint8Array {
  const size = 32 + children.reduce((sum, child) => sum + 17 + child.length, 0);
  const value = new Uint8Array(size);
  const view = new DataView(value.buffer);
  view.setUint16(16 + 8, leaf, true);
  view.setUint16(16 + 10, children.length, true);
  children.forEach((child, index) => {
    const at = 32 + index * 16;
    view.setUint32(at, 1, true);
    view.setUint32(at + 4, 16, true);
    view.setUint32(at + 8, 1, true);
    view.setUint32(at + 12, child.length, true);
    value[at + 16] = 0x62;
    value.set(child, at + 17);
  });
  return value;
}

/** Bucket `key` is one leaf of 33 pages with a key of 32769 bytes. */
export function longKeyDatabase(): Uint8Array {
  const editor = emptyDatabase(36, 1024);
  editor.writePage(2, leaf, [[0, 16, 32769, 0]], new Uint8Array(32769).fill(0x6b));
  editor.header(2, { overflow: 32 });
  editor.writePage(35, leaf, [[1, 16, 3, 16]], Uint8Array.of(0x6b, 0x65, 0x79, 2));
  editor.meta({ root: 35n, pageCount: 36n });
  return editor.bytes;
}

/**
 * Each of fifty branches has sixty children, all of them the next branch: more ways down than can be walked. The last
 * one leads to an empty leaf, so that no key is ever out of order.
 */
export function lattice(pageCount?: bigint): Uint8Array {
  const levels = 50;
  const width = 60;
  const editor = emptyDatabase(3 + levels + 1, 2048);
  const keys = Uint8Array.from({ length: width }, (_, index) => index + 1);
  for (let level = 0; level < levels; level++) {
    const table = Array.from(keys, (_, index) => [16 * (width - index) + index, 1, 3 + level + 1, 0]);
    editor.writePage(3 + level, branch, table, keys);
  }
  editor.writePage(3 + levels, leaf, [], new Uint8Array(0));
  editor.writePage(2, leaf, [[1, 16, 3, 16]], Uint8Array.of(0x6b, 0x65, 0x79, 3));
  return editor.meta({ root: 2n, pageCount: pageCount ?? BigInt(3 + levels + 1) }).bytes;
}

/**
 * Many leaves, each with an overflow to the end of the file and a value that fills it: read by someone who takes no
 * notice they come to half the square of the file's size.
 */
export function greedyLeaves(leaves: number): Uint8Array {
  const pageSize = 1024;
  const branchPages = Math.ceil((16 + 24 * leaves) / pageSize);
  const firstLeaf = 3 + branchPages;
  const end = firstLeaf + leaves;
  const editor = emptyDatabase(end, pageSize);
  const keys = Array.from({ length: leaves }, (_, index) => uint64BigEndian(BigInt(index)));
  const table = keys.map((key, index) => [
    16 * (leaves - index) + 8 * index,
    key.length,
    firstLeaf + index,
    0,
  ]);
  editor.writePage(3, branch, table, Buffer.concat(keys)).header(3, { overflow: branchPages - 1 });
  keys.forEach((key, index) => {
    const overflow = end - firstLeaf - index - 1;
    editor.writePage(firstLeaf + index, leaf, [[0, 16, 8, overflow * pageSize + 500]], key);
    editor.header(firstLeaf + index, { overflow });
  });
  editor.writePage(2, leaf, [[1, 16, 3, 16]], Uint8Array.of(0x6b, 0x65, 0x79, 3));
  return editor.meta({ root: 2n, pageCount: BigInt(end) }).bytes;
}

/** Many buckets, all of which begin at one leaf, or at the root itself. */
export function crowdedBuckets(buckets: number, rootOfAll: number): Uint8Array {
  const pages = Math.ceil((16 + buckets * 36) / 1024);
  const editor = emptyDatabase(3 + pages, 1024);
  const data = Array.from({ length: buckets }, (_, index) => {
    const item = new Uint8Array(20);
    new DataView(item.buffer).setUint32(0, index);
    item[4] = rootOfAll;
    return item;
  });
  const table = data.map((_, index) => [1, 16 * (buckets - index) + 20 * index, 4, 16]);
  editor.writePage(3, leaf, table, Buffer.concat(data)).header(3, { overflow: pages - 1 });
  editor.writePage(2, leaf, [], new Uint8Array(0));
  return editor.meta({ root: 3n, pageCount: BigInt(3 + pages) }).bytes;
}

/** Two sound meta pages, and nothing behind them. */
function emptyDatabase(pages: number, pageSize: number): DatabaseEditor {
  const source = sampleDatabase({ pageSize, changes: 1 });
  const bytes = new Uint8Array(pages * pageSize);
  bytes.set(source.bytes.subarray(0, 2 * pageSize));
  return new DatabaseEditor(bytes, pageSize);
}
