import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DamageCase, type Finds, leaf } from './damage-case.ts';
import { DatabaseEditor } from './database-editor.ts';

/** A database of bbolt's own with a stored freelist: page 9; pages of 1 KiB. */
export function freelistDatabase(): Uint8Array {
  const path = join(import.meta.dirname, '../../testdata/bbolt/synced-freelist/database.db');
  return new Uint8Array(readFileSync(path));
}

/** A stored freelist that does not fit the trees, or lies about itself. */
export function freelistCases(): DamageCase[] {
  const bytes = freelistDatabase();
  const view = new DatabaseEditor(bytes, 1024);
  const list = Number(view.u64(0, 48) === view.u64(1, 48) ? view.u64(0, 48) : 9n);
  const count = view.u16(list, 10);
  const id = (index: number) => Number(view.u64(list, 16 + index * 8));
  const used = 7;
  const one = (name: string, finds: readonly Finds[], edit: (editor: DatabaseEditor) => void): DamageCase => {
    const editor = new DatabaseEditor(bytes, 1024);
    edit(editor);
    return { name, bytes: editor.bytes, finds };
  };
  return [
    one('a free page that is not on the freelist', [`page-unreachable @ ${id(count - 1)}`], (editor) =>
      editor.header(list, { count: count - 1 }),
    ),
    one('a used page on the freelist', [`page-free-but-used @ ${used}`], (editor) => {
      editor.u64(list, 16 + count * 8, BigInt(used));
      editor.header(list, { count: count + 1 });
      sortFreelist(editor, list);
    }),
    one('the freelist on the freelist', [`page-free-but-used @ ${list}`], (editor) => {
      editor.u64(list, 16 + count * 8, BigInt(list));
      editor.header(list, { count: count + 1 });
      sortFreelist(editor, list);
    }),
    one('a page on the freelist twice', [`freelist @ ${id(2)}`], (editor) => {
      editor.u64(list, 16 + count * 8, BigInt(id(2)));
      editor.header(list, { count: count + 1 });
      sortFreelist(editor, list);
    }),
    one('a freelist in wrong order', [`freelist @ ${id(0)}`], (editor) => {
      editor.u64(list, 16, BigInt(id(1)));
      editor.u64(list, 24, BigInt(id(0)));
    }),
    one('a meta page on the freelist', ['freelist @ 1'], (editor) => {
      editor.u64(list, 16 + count * 8, 1n);
      editor.header(list, { count: count + 1 });
      sortFreelist(editor, list);
    }),
    one('a page beyond the file on the freelist', [`freelist @ ${2 ** 40}`], (editor) => {
      editor.u64(list, 16 + count * 8, 1n << 40n);
      editor.header(list, { count: count + 1 });
    }),
    one('a freelist of more pages than fit', [`freelist @ ${list}`], (editor) =>
      editor.header(list, { count: 0xfffe }),
    ),
    one('a long freelist of more pages than fit', [`freelist @ ${list}`], (editor) => {
      editor.header(list, { count: 0xffff });
      editor.u64(list, 16, 1n << 62n);
    }),
    one('a leaf as the freelist', [`page-twice @ ${used}`], (editor) =>
      editor.meta({ freelist: BigInt(used) }),
    ),
    one('an unused leaf as the freelist', [`freelist @ ${list}`], (editor) =>
      editor.header(list, { flags: leaf, count: 0 }),
    ),
    one('a freelist beyond the file', [`page-out-of-range @ ${2 ** 50}`], (editor) =>
      editor.meta({ freelist: 1n << 50n }),
    ),
    one('a freelist with overflow that it does not need', [`page-overflow @ ${list}`], (editor) =>
      editor.header(list, { overflow: 30 }),
    ),
  ];
}

function sortFreelist(editor: DatabaseEditor, list: number): void {
  const count = editor.u16(list, 10);
  const ids = Array.from({ length: count }, (_, index) => editor.u64(list, 16 + index * 8));
  ids.sort((a, b) => (a < b ? -1 : 1)).forEach((id, index) => editor.u64(list, 16 + index * 8, id));
}
