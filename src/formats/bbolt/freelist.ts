/**
 * The stored freelist, where there is one: `count` ids of eight bytes after the page header, ascending; a count of
 * 0xFFFF means that the real one is the first id. Source: bbolt `internal/freelist/shared.go`, v1.4.3.
 */
import { corrupt, type Page, pageFlags, pageHeaderSize, readPageId } from './page.ts';

/** Ids on a freelist page, in stored order. Throws DATABASE_CORRUPT when the page is no freelist or lies about its size. */
export function decodeFreelist(page: Page): Float64Array {
  if (page.flags !== pageFlags.freelist) {
    throw corrupt('freelist', `page ${page.id}: not a freelist page`, { page: page.id });
  }
  const isLong = page.count === 0xffff;
  const room = Math.floor((page.bytes.length - pageHeaderSize) / 8);
  const count = isLong && room > 0 ? readPageId(page.view, pageHeaderSize) : page.count;
  const start = pageHeaderSize + (isLong ? 8 : 0);
  if (count > room - (isLong ? 1 : 0)) {
    throw corrupt('freelist', `page ${page.id}: a freelist of ${count} ids does not fit`, { page: page.id });
  }
  return Float64Array.from({ length: count }, (_, i) => readPageId(page.view, start + i * 8));
}
