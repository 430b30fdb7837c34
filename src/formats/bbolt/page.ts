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

/** bbolt's MaxKeySize. */
export const maximumKeySize = 32768;

/** Deeper than any real tree: 2^64 keys at the smallest fan-out that bbolt writes. */
export const maximumDepth = 64;

/**
 * A page with its overflow, as one run of bytes. `bytes` may be a view; nothing here writes to it. The elements of a
 * branch or leaf have been found to lie inside it.
 */
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
  | 'meta-disagree'
  | 'meta-txid'
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

/**
 * Wraps bytes as a page. Branches and leaves must be laid out as bbolt writes them: the element table, then keys and
 * values in element order without a gap, up to within the last overflow page. So no size in it can lie unnoticed,
 * save that of the last value. Throws DATABASE_CORRUPT.
 */
export function decodePage(id: number, bytes: Uint8Array): Page {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const page = {
    id,
    flags: view.getUint16(8, true),
    count: view.getUint16(10, true),
    overflow: view.getUint32(12, true),
    bytes,
    view,
  };
  if (isTreePage(page.flags)) checkLayout(page);
  return page;
}

export function isTreePage(flags: number): boolean {
  return flags === pageFlags.leaf || flags === pageFlags.branch;
}

function checkLayout(page: Page): void {
  const { id, count, overflow, view, bytes } = page;
  const isLeaf = page.flags === pageFlags.leaf;
  let end = pageHeaderSize + count * elementSize;
  if (end > bytes.length) {
    throw corrupt('page-elements', `page ${id}: ${count} elements do not fit the page`, { page: id });
  }
  for (let index = 0; index < count; index++) {
    const at = pageHeaderSize + index * elementSize;
    if (at + view.getUint32(isLeaf ? at + 4 : at, true) !== end) {
      throw badElement(page, index, 'does not start where the one before it ends');
    }
    if (isLeaf && view.getUint32(at, true) > bucketElementFlag) {
      throw badElement(page, index, `has unknown flags 0x${view.getUint32(at, true).toString(16)}`);
    }
    end = elementEnd(view, at, isLeaf);
    if (end > bytes.length) throw badElement(page, index, 'runs past the page');
  }
  const lastPage = bytes.length - bytes.length / (1 + overflow);
  if (end < lastPage) throw overflowTooLong(id, overflow, end);
}

function elementEnd(view: DataView, at: number, isLeaf: boolean): number {
  return isLeaf
    ? at + view.getUint32(at + 4, true) + view.getUint32(at + 8, true) + view.getUint32(at + 12, true)
    : at + view.getUint32(at, true) + view.getUint32(at + 4, true);
}

/** Where the content of a branch or leaf ends. */
export function contentEnd({ view, count, flags }: Page): number {
  const tableEnd = pageHeaderSize + count * elementSize;
  return count === 0 ? tableEnd : elementEnd(view, tableEnd - elementSize, flags === pageFlags.leaf);
}

/**
 * Bytes of a page's content as far as its first page, `pageSize` bytes from `start`, can tell: to be compared with the
 * overflow that it claims before that is read into memory. Undefined where it cannot tell.
 */
export function claimedContent(view: DataView, start: number, pageSize: number): number | undefined {
  const flags = view.getUint16(start + 8, true);
  const count = view.getUint16(start + 10, true);
  const tableEnd = pageHeaderSize + count * elementSize;
  if (!isTreePage(flags) || tableEnd > pageSize) return undefined;
  const last = start + tableEnd - elementSize;
  return count === 0 ? tableEnd : elementEnd(view, last, flags === pageFlags.leaf) - start;
}

export function overflowTooLong(id: number, overflow: number, contentBytes: number): HoldfastError {
  const message = `page ${id}: ${overflow} overflow pages for ${contentBytes} bytes of content`;
  return corrupt('page-overflow', message, { page: id, overflow });
}

/** Element `index` of a leaf page. */
export function leafElement(page: Page, index: number): LeafElement {
  const at = pageHeaderSize + index * elementSize;
  const { view, bytes } = page;
  const keyStart = at + view.getUint32(at + 4, true);
  const keyEnd = keyStart + view.getUint32(at + 8, true);
  return {
    key: bytes.subarray(keyStart, keyEnd),
    value: bytes.subarray(keyEnd, keyEnd + view.getUint32(at + 12, true)),
    isBucket: (view.getUint32(at, true) & bucketElementFlag) !== 0,
  };
}

/** Element `index` of a branch page. */
export function branchElement(page: Page, index: number): BranchElement {
  const at = pageHeaderSize + index * elementSize;
  const { view, bytes } = page;
  const keyStart = at + view.getUint32(at, true);
  const key = bytes.subarray(keyStart, keyStart + view.getUint32(at + 4, true));
  return { key, childId: readPageId(view, at + 8) };
}

function badElement(page: Page, index: number, what: string): HoldfastError {
  return corrupt('page-elements', `page ${page.id}: element ${index} ${what}`, {
    page: page.id,
    element: index,
  });
}

/** How a key is shown in messages: hex, cut after 32 bytes. Keys of the `key` bucket are revisions, not names. */
export function showKey(key: Uint8Array): string {
  return key.length <= 32 ? formatHex(key) : `${formatHex(key.subarray(0, 32))}…`;
}
