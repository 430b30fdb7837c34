import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, fileError } from '../../base/index.ts';
import { requireObjectName } from '../object-name.ts';

/** Names of the objects below a prefix, ascending; a directory of names at a time is in memory. */
export async function* listFiles(root: string, prefix: string): AsyncGenerator<string> {
  for (const entry of await sortedEntries(join(root, prefix))) {
    const name = prefix + entry.name;
    if (!isObjectName(name)) continue;
    if (entry.isDirectory()) yield* listFiles(root, `${name}/`);
    else if (entry.isFile()) yield name;
  }
}

/** In the order in which whole names are: a directory counts with its slash. */
async function sortedEntries(path: string): Promise<Dirent[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(path, { withFileTypes: true });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return [];
    throw fileError(error, 'read', path);
  }
  const keyOf = (entry: Dirent) => (entry.isDirectory() ? `${entry.name}/` : entry.name);
  return entries.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Others may keep things in the directory as well: `lost+found`, `.nfs…`, what is unfinished. */
function isObjectName(name: string): boolean {
  try {
    requireObjectName(name);
    return true;
  } catch {
    return false;
  }
}
