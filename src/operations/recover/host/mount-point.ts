import { readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf } from '../../../base/index.ts';
import type { LocalHost } from '../../../hosts/index.ts';

/**
 * Whether something is mounted at a path, or a link leads from it to another file system: then it cannot be renamed,
 * and what is in it can. A directory of the same file system that is mounted there (a bind mount) shows in the table of
 * mounts alone. False where nothing is there.
 */
export async function isMountPoint(machine: LocalHost, path: string): Promise<boolean> {
  const there = await machine.stat(path);
  const parent = await machine.stat(dirname(path));
  if (there === undefined || parent === undefined) return false;
  return there.dev !== parent.dev || (await mountedPaths()).has(await realpath(await machine.realPath(path)));
}

/** Where something is mounted, as this process sees it. None where there is no such table. */
async function mountedPaths(): Promise<Set<string>> {
  try {
    return parseMountedPaths(await readFile('/proc/self/mountinfo', 'utf8'));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return new Set();
  }
}

/** The fifth field of each line; blanks and the like are written as three octal digits. Source: proc(5). */
export function parseMountedPaths(mountInfo: string): Set<string> {
  const fields = mountInfo.split('\n').flatMap((line) => line.split(' ')[4] ?? []);
  return new Set(fields.map(unescapePath));
}

/** The digits stand for bytes, not for characters. */
function unescapePath(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}
