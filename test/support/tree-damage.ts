import { branch, type DamageCase, damaged, type Edit, type Finds, leaf } from './damage-case.ts';
import { DatabaseEditor } from './database-editor.ts';
import { deepChain, deepInline, longKeyDatabase } from './odd-databases.ts';
import type { SampleDatabase } from './sample-database.ts';

/** Pages in wrong places: out of range, used twice, in circles, too deep. */
export function treeCases(sample: SampleDatabase): DamageCase[] {
  const { branches, leaves, top, lease, longLeaf, pageCount, root } = sample;
  const [first, second] = [branches[0]!, branches[1]!];
  const child = (editor: DatabaseEditor, page: number, index: number, id: number | bigint) =>
    editor.u64(page, 16 + index * 16 + 8, BigInt(id));
  const one = (name: string, finds: readonly Finds[], edit: Edit) => damaged(sample, name, finds, edit);
  return [
    one('a child beyond the page count', [`page-out-of-range @ ${pageCount}`], (editor) =>
      child(editor, first, 3, pageCount),
    ),
    one('a child that is a meta page', ['page-out-of-range @ 1'], (editor) => child(editor, first, 3, 1)),
    one('a child with an id of all ones', [`page-out-of-range @ ${2 ** 64}`], (editor) =>
      child(editor, first, 3, 0xffff_ffff_ffff_ffffn),
    ),
    one('a leaf with two parents', [`page-twice @ ${leaves[4]!}`], (editor) =>
      child(editor, first, 5, leaves[4]!),
    ),
    one('a branch that is its own child', [`page-twice @ ${second}`], (editor) =>
      child(editor, second, 0, second),
    ),
    one('a branch that has its parent as a child', [`page-twice @ ${top}`], (editor) =>
      child(editor, first, 0, top),
    ),
    one('a branch that has the root as a child', [`page-twice @ ${root}`], (editor) =>
      child(editor, first, 0, root),
    ),
    one(
      'a branch with the leaf of another bucket',
      [`key-out-of-bounds @ ${lease}`, `page-twice @ ${lease}`],
      (editor) => {
        child(editor, second, 0, lease);
        editor.header(lease, { count: 1 });
        editor.u32(lease, 16 + 4, 16);
        editor.u32(lease, 16 + 8, 8);
      },
    ),
    one('a leaf inside the overflow of another', [`page-twice @ ${longLeaf + 1}`], (editor) =>
      child(editor, first, leaves.indexOf(longLeaf) + 1, longLeaf + 1),
    ),
    one('a branch without children', [`branch-empty @ ${second}`], (editor) =>
      editor.header(second, { count: 0 }),
    ),
    one('a root branch without children', [`branch-empty @ ${root}`], (editor) =>
      editor.header(root, { flags: branch, count: 0 }),
    ),
    { name: 'a chain of branches', bytes: deepChain(), finds: ['tree-too-deep @ 67'] },
    {
      name: 'inline buckets in inline buckets',
      bytes: deepInline(500),
      finds: ['tree-too-deep @ b'],
    },
  ];
}

/** Keys that are out of order, out of their parent's bounds, or no keys. */
export function keyCases(sample: SampleDatabase): DamageCase[] {
  const { leaves, branches, top } = sample;
  const [first, second] = [branches[0]!, branches[1]!];
  const victim = leaves[5]!;
  const lastOfFirst = leaves[new DatabaseEditor(sample.bytes, sample.pageSize).u16(first, 10) - 1]!;
  /** Offset of the key of an element of a leaf or branch. */
  const keyAt = (editor: DatabaseEditor, page: number, index: number) => {
    const at = 16 + index * 16;
    return page * editor.pageSize + at + editor.u32(page, editor.u16(page, 8) === leaf ? at + 4 : at);
  };
  const one = (name: string, finds: readonly Finds[], edit: Edit) => damaged(sample, name, finds, edit);
  return [
    one('two keys of a leaf in wrong order', [`key-order @ ${victim}`], (editor) => {
      const [a, b] = [keyAt(editor, victim, 1), keyAt(editor, victim, 2)];
      editor.bytes[a + 7] = editor.bytes[b + 7]!;
      editor.bytes[b + 7]!--;
    }),
    one('a key of a leaf twice', [`key-order @ ${victim}`], (editor) => {
      const [a, b] = [keyAt(editor, victim, 1), keyAt(editor, victim, 2)];
      editor.bytes.copyWithin(b, a, a + 17);
    }),
    one('a key below its leaf', [`key-out-of-bounds @ ${victim}`], (editor) => {
      editor.bytes[keyAt(editor, victim, 0) + 7]! -= 3;
    }),
    one('a key above its leaf', [`key-out-of-bounds @ ${victim}`], (editor) => {
      editor.bytes[keyAt(editor, victim, editor.u16(victim, 10) - 1) + 7]! += 3;
    }),
    one(
      'a key above its branch, below the first key of the next branch',
      [`key-out-of-bounds @ ${second}`],
      (editor) => {
        // The parent's key for the second branch, and the branch's own first key, part from each other.
        editor.bytes[keyAt(editor, second, 0) + 7]!--;
      },
    ),
    one(
      'a last key of a branch between what its parent and its neighbour allow',
      [`key-out-of-bounds @ ${lastOfFirst}`],
      (editor) => {
        editor.bytes[keyAt(editor, top, 1) + 7]!--;
      },
    ),
    one(
      'two children in wrong order',
      [`key-out-of-bounds @ ${leaves[2]!}`, `key-order @ ${first}`],
      (editor) => {
        editor.bytes[keyAt(editor, first, 3) + 7] = editor.bytes[keyAt(editor, first, 2) + 7]!;
        editor.bytes[keyAt(editor, first, 3) + 8] = editor.bytes[keyAt(editor, first, 2) + 8]! - 1;
      },
    ),
    one('an empty key', [`key-size @ ${victim}`, `key-out-of-bounds @ ${victim}`], (editor) => {
      const size = editor.u32(victim, 16 + 8, 0);
      editor.u32(victim, 16 + 12, 17 + editor.u32(victim, 16 + 12) + size);
    }),
    { name: 'a key longer than bbolt takes', bytes: longKeyDatabase(), finds: ['key-size @ 2'] },
  ];
}

/** Buckets whose headers lie. */
export function bucketCases(sample: SampleDatabase): DamageCase[] {
  const { root, lease, top, pageCount } = sample;
  const valueAt = (editor: DatabaseEditor, index: number) => {
    const at = 16 + index * 16;
    return at + editor.u32(root, at + 4) + editor.u32(root, at + 8);
  };
  const one = (name: string, finds: readonly Finds[], edit: Edit) => damaged(sample, name, finds, edit);
  return [
    one('a root key that is no bucket', [`bucket-header @ ${root}`], (editor) =>
      editor.u32(root, 16 + 16, 0),
    ),
    one('two buckets with one root', [`page-twice @ ${top}`], (editor) =>
      editor.u64(root, valueAt(editor, 2), BigInt(top)),
    ),
    one('a bucket that starts beyond the file', [`page-out-of-range @ ${pageCount + 5}`], (editor) =>
      editor.u64(root, valueAt(editor, 2), BigInt(pageCount + 5)),
    ),
    one('a bucket that starts at the root', [`page-twice @ ${root}`], (editor) =>
      editor.u64(root, valueAt(editor, 2), BigInt(root)),
    ),
    one('a bucket header of fifteen bytes', ['bucket-header @ lease4'], (editor) => {
      // The key takes the byte that the value loses: "lease" becomes "lease4".
      shiftSplit(editor, root, 2, 1);
    }),
    one('a bucket header of seventeen bytes', ['bucket-header @ leas'], (editor) =>
      shiftSplit(editor, root, 2, -1),
    ),
    one('an inline bucket that is a branch', ['bucket-header @ alarm'], (editor) =>
      editor.u16(root, valueAt(editor, 0) + 16 + 8, branch),
    ),
    one('an inline bucket with overflow', ['bucket-header @ alarm'], (editor) =>
      editor.u32(root, valueAt(editor, 0) + 16 + 12, 1),
    ),
    one('an inline bucket with a page id', ['bucket-header @ alarm'], (editor) =>
      editor.u64(root, valueAt(editor, 0) + 16, 2n),
    ),
    one('an inline bucket with an element less', ['page-elements @ meta'], (editor) =>
      editor.u16(root, valueAt(editor, 3) + 16 + 10, 2),
    ),
    one('an inline bucket with a shorter last value', ['bucket-header @ meta'], (editor) => {
      const at = valueAt(editor, 3) + 16 + 16 + 2 * 16 + 12;
      editor.u32(root, at, editor.u32(root, at) - 1);
    }),
    one('an inline bucket with keys in wrong order', [`key-order @ ${root}`], (editor) => {
      const at = valueAt(editor, 3) + 16 + 16;
      editor.bytes[root * editor.pageSize + at + 16 + editor.u32(root, at + 16 + 4)] = 0x41;
    }),
    one(
      'a row of a bucket that says it is a bucket',
      [`page-out-of-range @ ${0x0101_0101 * 2 ** 32 + 0x0101_0101}`],
      (editor) => {
        editor.u32(lease, 16 + 16, 1);
      },
    ),
  ];
}

/** Moves the border between key and value of a leaf element. */
function shiftSplit(editor: DatabaseEditor, page: number, index: number, by: number): void {
  const at = 16 + index * 16;
  editor.u32(page, at + 8, editor.u32(page, at + 8) + by);
  editor.u32(page, at + 12, editor.u32(page, at + 12) - by);
}
