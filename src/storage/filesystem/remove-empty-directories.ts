import type { Dirent } from 'node:fs';
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { unfinishedDirectory } from './probe-filesystem.ts';

/**
 * Removes the empty directories that deleted objects of a prefix leave behind, and what a store makes for itself when
 * nothing else is left in its directory. What is not empty stays, and what cannot be removed too: nothing depends on it.
 * @param prefix one that nobody else puts anything under meanwhile: a directory must not go while a file comes
 */
export async function removeEmptyDirectories(root: string, prefix: string): Promise<void> {
  await removeEmpty(join(root, prefix));
  const left = await entriesOf(root);
  if (left.every(({ name }) => name === unfinishedDirectory))
    await rmdir(join(root, unfinishedDirectory)).catch(() => undefined);
}

async function removeEmpty(path: string): Promise<void> {
  for (const entry of await entriesOf(path))
    if (entry.isDirectory()) await removeEmpty(join(path, entry.name));
  await rmdir(path).catch(() => undefined);
}

async function entriesOf(path: string): Promise<readonly Dirent[]> {
  return readdir(path, { withFileTypes: true }).catch(() => []);
}
