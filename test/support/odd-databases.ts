import { branch, leaf } from './damage-case.ts';
import { DatabaseEditor } from './database-editor.ts';
import { sampleDatabase, type SampleDatabase } from './sample-database.ts';

/** The root is a chain of a hundred branches with one child each. */
export function deepChain(): Uint8Array {
  const editor = new DatabaseEditor(new Uint8Array(103 * 1024), 1024);
  const source = sampleDatabase();
  for (const page of [0, 1]) editor.page(page).set(new DatabaseEditor(source.bytes, 1024).page(page));
  for (let id = 2; id < 102; id++) editor.writePage(id, branch, [[16, 1, id + 1, 0]], Uint8Array.of(0x61));
  editor.writePage(102, leaf, [], new Uint8Array(0));
  editor.meta({ root: 2n, pageCount: 103n });
  return editor.bytes;
}

/** The root leaf holds inline buckets named `b` inside each other. */
export function deepInline(sample: SampleDatabase, levels: number): Uint8Array {
  let value = inlineValue([]);
  for (let level = 0; level < levels; level++) value = inlineValue([value]);
  const pages = 1 + Math.ceil((value.length + 33) / 1024);
  const editor = new DatabaseEditor(new Uint8Array((2 + pages) * 1024), 1024);
  for (const page of [0, 1]) editor.page(page).set(new DatabaseEditor(sample.bytes, 1024).page(page));
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
  const editor = new DatabaseEditor(new Uint8Array(36 * 1024), 1024);
  const source = new DatabaseEditor(sampleDatabase().bytes, 1024);
  for (const page of [0, 1]) editor.page(page).set(source.page(page));
  editor.writePage(2, leaf, [[0, 16, 32769, 0]], new Uint8Array(32769).fill(0x6b));
  editor.header(2, { overflow: 32 });
  editor.writePage(35, leaf, [[1, 16, 3, 16]], Uint8Array.of(0x6b, 0x65, 0x79, 2));
  editor.meta({ root: 35n, pageCount: 36n });
  return editor.bytes;
}
