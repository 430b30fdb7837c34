import { branch, type DamageCase, damaged, type Edit, type Finds, freelist, leaf } from './damage-case.ts';
import type { DatabaseEditor } from './database-editor.ts';
import { freelistCases } from './freelist-damage.ts';
import { sampleDatabase, type SampleDatabase } from './sample-database.ts';
import { bucketCases, keyCases, treeCases } from './tree-damage.ts';

/** Every fault that a structure can have, each by the least damage that makes it. */
export function damageCases(): DamageCase[] {
  const sample = sampleDatabase();
  return [
    ...metaCases(sample),
    ...headerCases(sample),
    ...elementCases(sample),
    ...treeCases(sample),
    ...keyCases(sample),
    ...bucketCases(sample),
    ...freelistCases(),
  ];
}

function metaCases(sample: SampleDatabase): DamageCase[] {
  const { bytes, pageSize, pageCount } = sample;
  const warning = (name: string, finds: readonly Finds[], edit: Edit) => ({
    ...damaged(sample, name, finds, edit),
    warns: true,
  });
  const half = Math.floor(pageCount / 2);
  return [
    {
      name: 'cut by one byte',
      bytes: bytes.subarray(0, -1),
      finds: ['file-too-short', `file-too-short @ ${pageCount - 1}`],
    },
    {
      name: 'cut by one page',
      bytes: bytes.subarray(0, -pageSize),
      finds: ['file-too-short', `file-too-short @ ${pageCount - 1}`],
    },
    {
      name: 'cut in half, between two pages',
      bytes: bytes.subarray(0, half * pageSize),
      finds: ['file-too-short', `file-too-short @ ${pageCount - 1}`],
    },
    {
      name: 'cut behind the metas',
      bytes: bytes.subarray(0, 2 * pageSize),
      finds: ['file-too-short', `file-too-short @ ${pageCount - 1}`],
    },
    damaged(sample, 'both metas with a wrong checksum', ['meta-invalid'], (editor) => {
      for (const page of [0, 1]) editor.u64(page, 72, 1n);
    }),
    warning('one meta with a wrong checksum', ['meta-invalid @ 1'], (editor) => editor.u64(1, 72, 1n)),
    warning('the live meta with a wrong magic', ['meta-invalid @ 0'], (editor) =>
      editor.meta({ magic: 1n }, [0]),
    ),
    warning('one meta of another version', ['meta-invalid @ 1'], (editor) =>
      editor.meta({ version: 3n }, [1]),
    ),
    warning('one meta with an impossible page size', ['meta-invalid @ 1'], (editor) =>
      editor.meta({ pageSize: 1000n }, [1]),
    ),
    warning('one meta with another page size', ['meta-invalid @ 1'], (editor) =>
      editor.meta({ pageSize: 2048n }, [1]),
    ),
    warning('a meta page with another id', ['page-id @ 1'], (editor) => editor.header(1, { id: 7n })),
    warning('a meta page of another type', ['page-type @ 0'], (editor) => editor.header(0, { flags: leaf })),
    warning('two metas of one transaction that differ', ['meta-disagree @ 1'], (editor, { top }) =>
      editor.meta({ txid: 2n, root: BigInt(top) }, [1]),
    ),
    damaged(sample, 'a last transaction', ['meta-txid @ 1'], (editor) =>
      editor.meta({ txid: 0xffff_ffff_ffff_ffffn }, [1]),
    ),
    {
      ...damaged(sample, 'a page count above the file', ['file-too-short'], (editor) =>
        editor.meta({ pageCount: 1n << 40n }),
      ),
      endless: true,
    },
    {
      ...damaged(sample, 'a page count of all ones', ['file-too-short'], (editor) =>
        editor.meta({ pageCount: 0xffff_ffff_ffff_ffffn }),
      ),
      endless: true,
    },
    damaged(
      sample,
      'a page count below the root',
      [`page-out-of-range @ ${sample.root}`],
      (editor, { root }) => editor.meta({ pageCount: BigInt(root) }),
    ),
    damaged(sample, 'a root that is a meta page', ['page-out-of-range @ 1'], (editor) =>
      editor.meta({ root: 1n }),
    ),
    damaged(sample, 'a root beyond the file', [`page-out-of-range @ ${2 ** 60}`], (editor) =>
      editor.meta({ root: 1n << 60n }),
    ),
  ];
}

function headerCases(sample: SampleDatabase): DamageCase[] {
  const { leaves, longLeaf, top, branches, pageCount } = sample;
  const victim = leaves[5]!;
  const one = (name: string, finds: readonly Finds[], edit: Edit) => damaged(sample, name, finds, edit);
  return [
    one('a leaf with another id', [`page-id @ ${victim}`], (editor) => editor.header(victim, { id: 99n })),
    one('a branch with another id', [`page-id @ ${branches[1]!}`], (editor) =>
      editor.header(branches[1]!, { id: 1n << 40n }),
    ),
    one('a leaf without a type', [`page-type @ ${victim}`], (editor) => editor.header(victim, { flags: 0 })),
    one('a leaf of two types', [`page-type @ ${victim}`], (editor) =>
      editor.header(victim, { flags: leaf | branch }),
    ),
    one('a leaf that says it is a meta page', [`page-type @ ${victim}`], (editor) =>
      editor.header(victim, { flags: 4 }),
    ),
    one('a leaf that says it is a freelist', [`page-type @ ${victim}`], (editor) =>
      editor.header(victim, { flags: freelist }),
    ),
    one('a leaf that says it is a branch', [`page-elements @ ${victim}`], (editor) =>
      editor.header(victim, { flags: branch }),
    ),
    one('a branch that says it is a leaf', [`page-elements @ ${top}`], (editor) =>
      editor.header(top, { flags: leaf }),
    ),
    one('overflow without content', [`page-overflow @ ${victim}`], (editor) =>
      editor.header(victim, { overflow: 1 }),
    ),
    one('overflow past the end', [`page-overflow @ ${longLeaf}`], (editor) =>
      editor.header(longLeaf, { overflow: pageCount }),
    ),
    one('overflow of all ones', [`page-overflow @ ${longLeaf}`], (editor) =>
      editor.header(longLeaf, { overflow: 0xffff_ffff }),
    ),
    one('overflow that is too short', [`page-elements @ ${longLeaf}`], (editor) =>
      editor.header(longLeaf, { overflow: 1 }),
    ),
    one('overflow that is too long', [`page-overflow @ ${longLeaf}`], (editor) =>
      editor.header(longLeaf, { overflow: 3 }),
    ),
  ];
}

function elementCases(sample: SampleDatabase): DamageCase[] {
  const { leaves, top } = sample;
  const victim = leaves[5]!;
  const inLeaf = (name: string, edit: Edit) => damaged(sample, name, [`page-elements @ ${victim}`], edit);
  const add = (editor: DatabaseEditor, page: number, offset: number, by: number) =>
    editor.u32(page, offset, editor.u32(page, offset) + by);
  return [
    inLeaf('more elements than fit', (editor) => editor.header(victim, { count: 64 })),
    inLeaf('as many elements as can be said', (editor) => editor.header(victim, { count: 0xffff })),
    inLeaf('one element more than there is', (editor) =>
      editor.header(victim, { count: editor.u16(victim, 10) + 1 }),
    ),
    inLeaf('one element less than there is', (editor) =>
      editor.header(victim, { count: editor.u16(victim, 10) - 1 }),
    ),
    inLeaf('a key that starts in the element table', (editor) => editor.u32(victim, 16 + 4, 16)),
    inLeaf('a gap between two elements', (editor) => add(editor, victim, 16 + 16 + 4, 8)),
    inLeaf('two elements that overlap', (editor) => add(editor, victim, 16 + 16 + 4, -1)),
    inLeaf('a key that is longer', (editor) => add(editor, victim, 16 + 8, 1)),
    inLeaf('a key past the page', (editor) => editor.u32(victim, 16 + 8, 0xffff_ffff)),
    inLeaf('a value that is shorter', (editor) => add(editor, victim, 16 + 12, -1)),
    inLeaf('a last value past the page', (editor) => {
      editor.u32(victim, 16 * editor.u16(victim, 10) + 12, 5000);
    }),
    inLeaf('unknown flags of an element', (editor) => editor.u32(victim, 16, 2)),
    damaged(sample, 'a branch key past the page', [`page-elements @ ${top}`], (editor) =>
      editor.u32(top, 16 + 16 + 4, 5000),
    ),
    damaged(sample, 'a branch key that is shorter', [`page-elements @ ${top}`], (editor) =>
      editor.u32(top, 16 + 4, 16),
    ),
    damaged(sample, 'a branch of too many children', [`page-elements @ ${top}`], (editor) =>
      editor.header(top, { count: 0xffff }),
    ),
  ];
}
