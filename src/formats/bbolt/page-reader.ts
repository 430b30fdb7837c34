import { type ByteSource, HoldfastError } from '../../base/index.ts';
import type { Meta } from './meta.ts';
import { corrupt, decodePage, type Page, pageFlags, readPageId } from './page.ts';

/** Reads whole pages by id and refuses those that lie about themselves. */
export interface PageReader {
  readonly source: ByteSource;
  readonly meta: Meta;
  /**
   * Reads a page with its overflow into fresh bytes.
   * Throws DATABASE_CORRUPT: id out of range, another id in the header, unknown type, overflow past the end.
   */
  readPage(id: number): Page;
  /** As `readPage`, and the page must be a branch or a leaf. Branch pages come from a small cache. */
  readTreePage(id: number): Page;
}

/** Branch pages kept in memory: 4 MiB at the usual page size, enough for the tree above a gigabyte of leaves. */
const cachedBranchPages = 1024;

export function createPageReader(source: ByteSource, meta: Meta): PageReader {
  const branches = new Map<number, Page>();
  const readPage = (id: number) => readPageWithOverflow(source, meta, id);
  return {
    source,
    meta,
    readPage,
    readTreePage(id) {
      const known = branches.get(id);
      if (known !== undefined) return known;
      const page = readPage(id);
      if (page.flags !== pageFlags.branch && page.flags !== pageFlags.leaf) {
        throw corrupt(
          'page-type',
          `page ${id}: type 0x${page.flags.toString(16)} where a branch or leaf is needed`,
          { page: id },
        );
      }
      if (page.flags === pageFlags.branch && page.overflow === 0) remember(branches, page);
      return page;
    },
  };
}

function remember(pages: Map<number, Page>, page: Page): void {
  if (pages.size >= cachedBranchPages) {
    for (const oldest of pages.keys()) {
      pages.delete(oldest);
      break;
    }
  }
  pages.set(page.id, page);
}

function readPageWithOverflow(source: ByteSource, meta: Meta, id: number): Page {
  const { pageSize, pageCount } = meta;
  if (id < 2 || id >= pageCount) {
    throw corrupt('page-out-of-range', `page ${id}: out of range, the database has ${pageCount} pages`, {
      page: id,
    });
  }
  const first = readBytes(source, new Uint8Array(pageSize), id, id * pageSize);
  const view = new DataView(first.buffer);
  const ownId = readPageId(view, 0);
  if (ownId !== id) throw corrupt('page-id', `page ${id}: its header says it is page ${ownId}`, { page: id });
  const overflow = view.getUint32(12, true);
  if (overflow === 0) return decodePage(id, first);
  if (id + overflow >= pageCount) {
    throw corrupt('page-overflow', `page ${id}: ${overflow} overflow pages run past the end`, {
      page: id,
      overflow,
    });
  }
  const sizeBytes = (1 + overflow) * pageSize;
  // The size is only believed once the file is known to hold it.
  if (id * pageSize + sizeBytes > source.sizeBytes) throw cutOff(source, id);
  const whole = new Uint8Array(sizeBytes);
  whole.set(first);
  readBytes(source, whole.subarray(pageSize), id, (id + 1) * pageSize);
  return decodePage(id, whole);
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
