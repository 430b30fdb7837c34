import { lstat, readdir, readFile, rename, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf, fileError, HoldfastError, syncDirectory } from '../../../base/index.ts';

/**
 * Moves a file or directory by one rename, so that it is never in both places and never in neither. Done before, it
 * does nothing. Whatever has taken the target's name in the meantime is left alone, unless nothing can be lost with it:
 * an empty directory, as the kubelet makes one for a volume whose directory is missing, or a file with the very same
 * content, as somebody puts a manifest back.
 *
 * Errors: PLACE_TAKEN (both are there), FILE_NOT_FOUND (neither is), WRITE_FAILED.
 */
export async function movePath(from: string, to: string): Promise<void> {
  const [isFrom, isTo] = [await exists(from), await exists(to)];
  if (isFrom && isTo && !(await isNothingLost(from, to))) {
    throw new HoldfastError('PLACE_TAKEN', `cannot move ${from}: ${to} is there already`, {
      details: { path: to },
    });
  }
  if (!isFrom && !isTo) {
    throw new HoldfastError('FILE_NOT_FOUND', `neither ${from} nor ${to} is there`, {
      details: { path: from },
    });
  }
  if (isFrom && isTo && (await isEmptyDirectory(from))) await removeEmptyDirectory(from);
  else if (isFrom) {
    await rename(from, to).catch((error: unknown) => {
      throw fileError(error, 'move', from);
    });
  }
  // Also when it was moved before: that attempt may have stopped before it was flushed.
  await syncDirectory(dirname(to));
  if (dirname(from) !== dirname(to)) await syncDirectory(dirname(from));
}

async function isNothingLost(from: string, to: string): Promise<boolean> {
  const [one, other] = [await lstat(from), await lstat(to)];
  if (one.isDirectory() && other.isDirectory())
    return (await isEmptyDirectory(to)) || (await isEmptyDirectory(from));
  // Manifests are small, and nothing else that is moved is a file.
  const areSmallFiles = one.isFile() && other.isFile() && one.size === other.size && one.size <= maxFileBytes;
  return areSmallFiles && (await readFile(from)).equals(await readFile(to));
}

const maxFileBytes = 16 << 20;

async function isEmptyDirectory(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length === 0;
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return false;
    throw fileError(error, 'read', path);
  }
}

/** Whether a path names anything, a broken link included. Errors: FILE_NOT_READABLE. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw fileError(error, 'stat', path);
  }
}

/** Removes a directory unless something is in it. Errors: WRITE_FAILED. */
export async function removeEmptyDirectory(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTEMPTY') return;
    throw fileError(error, 'remove', path);
  }
  await syncDirectory(dirname(path));
}
