/**
 * What a killed restore leaves behind, and how the next one recognises it.
 *
 * Unfinished directories carry the tag of their run in their name. A WAL directory of its own (`--wal-dir`) is moved
 * into place before the data dir; until that is there too, a mark inside says whose half it is.
 */
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import {
  beginUnfinished,
  errnoOf,
  fileError,
  isAbandoned,
  removeAbandoned,
  syncDirectory,
} from '../../base/index.ts';
import { databasePath } from '../../formats/data-dir/index.ts';

export interface TargetPaths {
  readonly dataDir: string;
  readonly walDir: string;
}

/** Name of the mark inside a WAL directory whose data dir is not in place yet. */
export const halfDoneMark = '.holdfast-restore';

/** In front of the tag in the names of unfinished directories, behind the name of what they will become. */
const unfinishedPrefix = '.holdfast-restore-';

/** Whose half a WAL directory is: the text of its mark. */
interface HalfDone {
  readonly tag: string;
  /** Absolute. */
  readonly dataDir: string;
}

/** The end of the name of an unfinished directory. */
export function unfinishedSuffix(tag: string): string {
  return `${unfinishedPrefix}${tag}`;
}

export async function writeHalfDoneMark(walDir: string, { tag, dataDir }: HalfDone): Promise<void> {
  await writeFile(join(walDir, halfDoneMark), `${tag}\n${dataDir}`, { mode: 0o600, flush: true });
}

export async function removeHalfDoneMark(walDir: string): Promise<void> {
  await rm(join(walDir, halfDoneMark), { force: true });
  await syncDirectory(walDir);
}

/**
 * Removes what killed restores left beside or inside the places of a new one, and returns the paths. Nothing that a
 * living process is at, and nothing of a restore that was complete but for its last tidying, is lost.
 * Errors: WRITE_FAILED.
 */
export async function removeLeftovers(paths: TargetPaths): Promise<string[]> {
  const [dataDir, walDir] = [resolve(paths.dataDir), resolve(paths.walDir)];
  const removed = [
    ...(await removeAbandoned(dirname(dataDir), `${basename(dataDir)}${unfinishedPrefix}`)),
    ...(await removeAbandoned(dataDir, unfinishedPrefix)),
    ...(await removeAbandoned(dirname(walDir), `${basename(walDir)}${unfinishedPrefix}`)),
  ];
  try {
    const leftover = await halfDoneLeftover(walDir);
    if (leftover === undefined) return removed;
    const { path, tag } = leftover;
    if (path !== walDir) await rm(path, { force: true });
    else if (!(await removeHalf(walDir, tag))) return removed;
    return [...removed, path];
  } catch (error) {
    throw fileError(error, 'remove', walDir);
  }
}

/**
 * Removes the WAL directory of a dead restore; false when it is another by now. A run that saw the same may have removed
 * it since and have put a whole one there, so it is looked at once more where nobody else comes to.
 */
async function removeHalf(walDir: string, tag: string): Promise<boolean> {
  using own = beginUnfinished(() => {});
  const aside = `${walDir}${unfinishedSuffix(own.tag)}`;
  try {
    await rename(walDir, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
  if ((await readHalfDoneMark(aside))?.tag === tag) {
    await rm(aside, { recursive: true, force: true });
    return true;
  }
  await rename(aside, walDir);
  return false;
}

/** The WAL directory when its data dir never came to be; its mark alone when only that was left to remove. */
async function halfDoneLeftover(
  walDir: string,
): Promise<{ readonly path: string; readonly tag: string } | undefined> {
  const mark = await readHalfDoneMark(walDir);
  if (mark === undefined || !isAbandoned(mark.tag)) return undefined;
  const [segments, isComplete] = [await readdir(walDir), await exists(databasePath(mark.dataDir))];
  // More than the mark and the first segment: etcd has run here.
  const path = isComplete || segments.length > 2 ? join(walDir, halfDoneMark) : walDir;
  return { path, tag: mark.tag };
}

async function readHalfDoneMark(walDir: string): Promise<HalfDone | undefined> {
  try {
    const text = await readFile(join(walDir, halfDoneMark), 'utf8');
    const [tag = '', ...rest] = text.split('\n');
    return { tag, dataDir: rest.join('\n') };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return errnoOf(error) !== 'ENOENT';
  }
}
