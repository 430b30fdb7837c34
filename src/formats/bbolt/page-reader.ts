import { type ByteSource, HoldfastError } from '../../base/index.ts';
import type { Meta } from './meta.ts';
import {
  claimedContent,
  corrupt,
  decodePage,
  isTreePage,
  overflowTooLong,
  type Page,
  pageFlags,
  pageHeaderSize,
  readPageId,
} from './page.ts';
import type { PageWindow } from './page-window.ts';

/** Reads whole pages by id and refuses those that lie about themselves. */
export interface PageReader {
  readonly source: ByteSource;
  readonly meta: Meta;
  /** Pages that the meta page counts, but no more than the file has room for: what a walk may visit at most. */
  readonly pageLimit: number;
  /**
   * Reads a page with its overflow into fresh bytes; `admit` is asked before the overflow is.
   * Throws DATABASE_CORRUPT: id out of range, another id in the header, unknown type, overflow past the end,
   * sizes that lie.
   */
  readPage(id: number, admit?: Admit): Page;
  /**
   * As `readPage`, and the page must be a branch or a leaf. Branch pages come from a small cache. The bytes of a leaf
   * lie in `window`: until the next one when it is reused, else for as long as they are referenced.
   */
  readTreePage(id: number, admit?: Admit, window?: PageWindow): Page;
}

/** Is told of a page that has overflow; throws to refuse it. */
export type Admit = (id: number, overflow: number) => void;

/** Branch pages kept in memory: enough for the tree above a gigabyte of leaves. */
const branchCacheBytes = 4 << 20;

export function createPageReader(source: ByteSource, meta: Meta): PageReader {
  const branches = new Map<number, Page>();
  const branchLimit = Math.max(1, Math.floor(branchCacheBytes / meta.pageSize));
  const readPage = (id: number, admit?: Admit) => readPageWithOverflow(source, meta, id, admit);
  return {
    source,
    meta,
    pageLimit: Math.min(meta.pageCount, Math.floor(source.sizeBytes / meta.pageSize)),
    readPage,
    readTreePage(id, admit, window) {
      const known = branches.get(id);
      if (known !== undefined) return known;
      const read = readPageWithOverflow(source, meta, id, admit, window);
      if (!isTreePage(read.flags)) throw wrongType(id, read.flags);
      const isKept = window !== undefined && read.flags === pageFlags.branch;
      const page = isKept ? decodePage(id, read.bytes.slice()) : read;
      if (page.flags === pageFlags.branch && page.overflow === 0) remember(branches, page, branchLimit);
      return page;
    },
  };
}

function remember(pages: Map<number, Page>, page: Page, limit: number): void {
  if (pages.size >= limit) {
    for (const oldest of pages.keys()) {
      pages.delete(oldest);
      break;
    }
  }
  pages.set(page.id, page);
}

function readPageWithOverflow(
  source: ByteSource,
  meta: Meta,
  id: number,
  admit: Admit | undefined,
  window?: PageWindow,
): Page {
  const { pageSize, pageCount } = meta;
  if (id < 2 || id >= pageCount) {
    throw corrupt('page-out-of-range', `page ${id}: out of range, the database has ${pageCount} pages`, {
      page: id,
    });
  }
  if ((id + 1) * pageSize > source.sizeBytes) throw cutOff(source, id);
  const first = readFirst(source, window, id, pageSize);
  const view = new DataView(first.buffer, first.byteOffset, first.length);
  const ownId = readPageId(view, 0);
  if (ownId !== id) throw corrupt('page-id', `page ${id}: its header says it is page ${ownId}`, { page: id });
  const flags = view.getUint16(8, true);
  if (!isTreePage(flags) && flags !== pageFlags.freelist) throw wrongType(id, flags);
  const overflow = view.getUint32(12, true);
  if (overflow === 0) return decodePage(id, first);
  // Memory is taken only for a size that the meta page, the content, the caller and the file do not contradict.
  if (id + overflow >= pageCount || overflow > overflowLimit(view, meta)) {
    throw corrupt('page-overflow', `page ${id}: ${overflow} overflow pages are too many`, {
      page: id,
      overflow,
    });
  }
  const content = claimedContent(view, 0, pageSize);
  if (content !== undefined && content < overflow * pageSize) throw overflowTooLong(id, overflow, content);
  admit?.(id, overflow);
  const sizeBytes = (1 + overflow) * pageSize;
  if (id * pageSize + sizeBytes > source.sizeBytes) throw cutOff(source, id);
  return decodePage(id, readWhole(source, window, id, first, sizeBytes));
}

function readFirst(
  source: ByteSource,
  window: PageWindow | undefined,
  id: number,
  pageSize: number,
): Uint8Array {
  if (window !== undefined) return readWindow(source, window, id, pageSize, pageSize);
  return readBytes(source, new Uint8Array(pageSize), id, id * pageSize);
}

function readWhole(
  source: ByteSource,
  window: PageWindow | undefined,
  id: number,
  first: Uint8Array,
  sizeBytes: number,
): Uint8Array {
  const pageSize = first.length;
  if (window !== undefined) return readWindow(source, window, id, pageSize, sizeBytes);
  const whole = new Uint8Array(sizeBytes);
  whole.set(first);
  readBytes(source, whole.subarray(pageSize), id, (id + 1) * pageSize);
  return whole;
}

function readWindow(
  source: ByteSource,
  window: PageWindow,
  id: number,
  pageSize: number,
  sizeBytes: number,
): Uint8Array {
  const bytes = window.read(id * pageSize, sizeBytes);
  if (bytes.length < sizeBytes) throw cutOff(source, id);
  return bytes;
}

/** bbolt's maxAllocSize: it cannot address a larger page either. */
const maximumPageBytes = 0x7fff_ffff;

/** A freelist has at most one id of eight bytes for each page; branches and leaves are held to their content. */
function overflowLimit(view: DataView, { pageSize, pageCount }: Meta): number {
  const isFreelist = view.getUint16(8, true) === pageFlags.freelist;
  const sizeBytes = isFreelist ? pageHeaderSize + 8 * (pageCount + 1) + pageSize : maximumPageBytes;
  return Math.floor(sizeBytes / pageSize);
}

function wrongType(id: number, flags: number): HoldfastError {
  const type = flags === pageFlags.freelist ? 'a freelist' : `of type 0x${flags.toString(16)}`;
  return corrupt('page-type', `page ${id}: it is ${type} where a branch or leaf is needed`, { page: id });
}

function readBytes(source: ByteSource, target: Uint8Array, id: number, offset: number): Uint8Array {
  if (source.readInto(target, offset) < target.length) throw cutOff(source, id);
  return target;
}

function cutOff(source: ByteSource, id: number): HoldfastError {
  return corrupt('file-too-short', `page ${id}: the file ends before it (${source.sizeBytes} bytes)`, {
    page: id,
    sizeBytes: source.sizeBytes,
  });
}
