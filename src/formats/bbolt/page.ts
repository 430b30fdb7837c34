/**
 * Pages of a bbolt file: header, branch and leaf elements.
 *
 * ```
 * header   0 id u64 · 8 flags u16 · 10 count u16 · 12 overflow u32                         (16 bytes)
 * branch   0 pos u32 · 4 ksize u32 · 8 pgid u64                                            (16 bytes each)
 * leaf     0 flags u32 · 4 pos u32 · 8 ksize u32 · 12 vsize u32                            (16 bytes each)
 * ```
 * All little-endian; `pos` counts from the start of its own element. Source: bbolt `internal/common/page.go`, v1.4.3.
 */
import { formatHex, HoldfastError } from '../../base/index.ts';

export const pageHeaderSize = 16;
export const elementSize = 16;

export const pageFlags = { branch: 0x01, leaf: 0x02, meta: 0x04, freelist: 0x10 } as const;

/** Leaf element flag: the value is a bucket header (and perhaps an inline page). */
export const bucketElementFlag = 0x01;

/** Deeper than any real tree: 2^64 keys at the smallest fan-out that bbolt writes. */
export const maximumDepth = 64;

/** A page with its overflow, as one run of bytes. `bytes` may be a view; nothing here writes to it. */
export interface Page {
  /** Page id; 0 for the image of an inline bucket. */
  readonly id: number;
  readonly flags: number;
  readonly count: number;
  readonly overflow: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export interface LeafElement {
  /** View of the page's bytes. */
  readonly key: Uint8Array;
  /** View of the page's bytes. */
  readonly value: Uint8Array;
  readonly isBucket: boolean;
}

export interface BranchElement {
  /** View of the page's bytes. */
  readonly key: Uint8Array;
  readonly childId: number;
}

/** What can be wrong with the structure of a file: the codes of the checker's findings. */
export type StructureFault =
  | 'file-too-short'
  | 'meta-invalid'
  | 'page-out-of-range'
  | 'page-id'
  | 'page-type'
  | 'page-overflow'
  | 'page-elements'
  | 'page-twice'
  | 'page-free-but-used'
  | 'page-unreachable'
  | 'tree-too-deep'
  | 'branch-empty'
  | 'key-order'
  | 'key-out-of-bounds'
  | 'key-size'
  | 'bucket-header'
  | 'freelist';

/** A DATABASE_CORRUPT error; `details.fault` holds the code that the checker gives to the same damage. */
export function corrupt(
  fault: StructureFault,
  message: string,
  details: Record<string, string | number>,
): HoldfastError {
  return new HoldfastError('DATABASE_CORRUPT', message, { details: { fault, ...details } });
}

/** Reads a u64 as a number. Values above 2^53 lose precision, which is fine for ids that are then range-checked. */
export function readPageId(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * 0x1_0000_0000 + view.getUint32(offset, true);
}

/** Wraps bytes as a page and checks that its element table fits. Throws DATABASE_CORRUPT. */
export function decodePage(id: number, bytes: Uint8Array): Page {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint16(8, true);
  const count = view.getUint16(10, true);
  const page = { id, flags, count, overflow: view.getUint32(12, true), bytes, view };
  const isTree = flags === pageFlags.leaf || flags === pageFlags.branch;
  if (isTree && pageHeaderSize + count * elementSize > bytes.length) {
    throw corrupt('page-elements', `page ${id}: ${count} elements do not fit the page`, { page: id });
  }
  return page;
}

/** Element `index` of a leaf page. Throws DATABASE_CORRUPT when its key or value runs past the page. */
export function leafElement(page: Page, index: number): LeafElement {
  const at = pageHeaderSize + index * elementSize;
  const { view, bytes } = page;
  const keyStart = at + view.getUint32(at + 4, true);
  const keyEnd = keyStart + view.getUint32(at + 8, true);
  const valueEnd = keyEnd + view.getUint32(at + 12, true);
  if (valueEnd > bytes.length) throw elementPastPage(page, index);
  return {
    key: bytes.subarray(keyStart, keyEnd),
    value: bytes.subarray(keyEnd, valueEnd),
    isBucket: (view.getUint32(at, true) & bucketElementFlag) !== 0,
  };
}

/** Element `index` of a branch page. Throws DATABASE_CORRUPT when its key runs past the page. */
export function branchElement(page: Page, index: number): BranchElement {
  const at = pageHeaderSize + index * elementSize;
  const { view, bytes } = page;
  const keyStart = at + view.getUint32(at, true);
  const keyEnd = keyStart + view.getUint32(at + 4, true);
  if (keyEnd > bytes.length) throw elementPastPage(page, index);
  return { key: bytes.subarray(keyStart, keyEnd), childId: readPageId(view, at + 8) };
}

function elementPastPage(page: Page, index: number): HoldfastError {
  return corrupt('page-elements', `page ${page.id}: element ${index} runs past the page`, {
    page: page.id,
    element: index,
  });
}

/** How a key is shown in messages: hex, cut after 32 bytes. Keys of the `key` bucket are revisions, not names. */
export function showKey(key: Uint8Array): string {
  return key.length <= 32 ? formatHex(key) : `${formatHex(key.subarray(0, 32))}…`;
}
