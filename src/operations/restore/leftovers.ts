/**
 * What a killed restore leaves behind, and how the next one recognises it.
 *
 * Unfinished directories carry the process id in their name. A WAL directory of its own (`--wal-dir`) is moved into
 * place before the data dir; until that is there too, a mark inside says whose half it is.
 */
import { readFile, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf, fileError } from '../../base/index.ts';

const unfinishedName = /\.holdfast-restore-(\d+)-[0-9a-f]+$/;

/** Name of the mark inside a WAL directory whose data dir is not in place yet. Its content is the process id. */
export const halfDoneMark = '.holdfast-restore';

/** The end of the name of an unfinished directory of this process. */
export function unfinishedSuffix(random: string): string {
  return `.holdfast-restore-${process.pid}-${random}`;
}

/** Whether a name in a directory is that of an unfinished restore whose process is gone. */
export function isLeftoverName(name: string): boolean {
  const pid = unfinishedName.exec(name)?.[1];
  return pid !== undefined && !isRunning(Number(pid));
}

/** Removes unfinished siblings of `path` that dead processes left, and returns their paths. */
export async function removeLeftoverSiblings(path: string): Promise<string[]> {
  const parent = dirname(path);
  const prefix = `${basename(path)}.holdfast-restore-`;
  const names = (await namesIn(parent)).filter((name) => name.startsWith(prefix) && isLeftoverName(name));
  return removeAll(names.map((name) => join(parent, name)));
}

/** Removes unfinished directories inside `directory` that dead processes left, and returns their paths. */
export async function removeLeftoversIn(directory: string): Promise<string[]> {
  const names = (await namesIn(directory)).filter(isLeftoverName);
  return removeAll(names.map((name) => join(directory, name)));
}

/** Whether a WAL directory is the half of a restore that was killed between its two moves. */
export async function isHalfDoneWal(walDir: string): Promise<boolean> {
  try {
    return !isRunning(Number(await readFile(join(walDir, halfDoneMark), 'utf8')));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

async function removeAll(paths: string[]): Promise<string[]> {
  for (const path of paths) {
    try {
      await rm(path, { recursive: true, force: true });
    } catch (error) {
      throw fileError(error, 'remove', path);
    }
  }
  return paths;
}

/** Names in a directory; none when it cannot be listed, which whatever comes next reports better. */
async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}
