import { open } from 'node:fs/promises';
import { createDurableFile, fileError, hasCode, HoldfastError, utf8 } from '../../../base/index.ts';
import { drillPageMark } from '../../output/views/index.ts';

/** A page may take the place of an older one, and of nothing else. Errors: FILE_EXISTS, FILE_NOT_READABLE. */
export async function requirePagePlace(path: string): Promise<void> {
  const mark = utf8(drillPageMark);
  const head = await readHead(path, mark.length);
  if (head === undefined || Buffer.compare(head, mark) === 0) return;
  throw new HoldfastError('FILE_EXISTS', `${path} exists and is no report of a drill`, {
    hint: 'Choose another name for --html; only an older report is replaced.',
    details: { path },
  });
}

/**
 * Writes the page; it appears whole or not at all. Errors: FILE_EXISTS (something else has come since the drill began),
 * those of `createDurableFile` and of its commit.
 */
export async function writePage(path: string, page: string): Promise<void> {
  await requirePagePlace(path);
  await using file = await createDurableFile(path, { temporaryPath: `${path}.part`, replace: true });
  await file.write([utf8(page)]);
  await file.commit();
}

async function readHead(path: string, length: number): Promise<Uint8Array | undefined> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    const typed = fileError(error, 'open', path);
    if (hasCode(typed, 'FILE_NOT_FOUND')) return undefined;
    throw typed;
  }
}
