import { type ByteSource, HoldfastError } from '../../base/index.ts';
import { readMetas } from './meta.ts';

/**
 * Refuses a file that ends before its last page: what an interrupted copy leaves. Readers would notice when they come
 * to a page that is missing, and could only name the page.
 *
 * Errors: NOT_A_DATABASE (no valid meta page), DATABASE_CORRUPT.
 */
export function requireWholeFile(source: ByteSource): void {
  const { pageCount, pageSize } = readMetas(source).live;
  const neededBytes = pageCount * pageSize;
  if (source.sizeBytes >= neededBytes) return;
  throw new HoldfastError(
    'DATABASE_CORRUPT',
    `${source.name} is cut off: it has ${source.sizeBytes} of the ${neededBytes} bytes of its database`,
    {
      hint: 'The file is incomplete, as an interrupted save or copy leaves it: use another copy.',
      details: { path: source.name, sizeBytes: source.sizeBytes, neededBytes },
    },
  );
}
