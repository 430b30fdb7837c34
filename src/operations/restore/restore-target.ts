/**
 * The directories that a restore makes. Everything is written under a temporary name beside its place (or inside it,
 * when the data dir exists and is empty: it may be a mount point, and keeps its owner and mode) and moved there when
 * it is complete and on disk. A WAL directory of its own goes first, the data dir last: etcd does not start on the
 * first alone, and the next restore recognises it.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { errnoOf, fileError, HoldfastError, syncDirectory } from '../../base/index.ts';
import { databasePath, memberDirectory, snapDirectory } from '../../formats/data-dir/index.ts';
import {
  halfDoneMark,
  isHalfDoneWal,
  isLeftoverName,
  removeLeftoverSiblings,
  removeLeftoversIn,
  unfinishedSuffix,
} from './leftovers.ts';

export interface TargetPaths {
  readonly dataDir: string;
  readonly walDir: string;
}

export interface RestoreTarget extends AsyncDisposable {
  /** Where to write while the restore is under way; the directories exist. */
  readonly databasePath: string;
  readonly snapDir: string;
  readonly walDir: string;
  /** Leftovers of killed restores that were removed. */
  readonly removed: readonly string[];
  /** Flushes the directories and moves everything to its place. */
  commit(): Promise<void>;
}

/**
 * Checks that the places are free: the data dir missing or empty, the WAL dir missing.
 * Throws DIR_NOT_EMPTY, FILE_EXISTS, USAGE (one inside the other the wrong way round), FILE_NOT_READABLE.
 */
export async function checkTarget(paths: TargetPaths): Promise<void> {
  const dataDir = resolve(paths.dataDir);
  const walDir = resolve(paths.walDir);
  if (dataDir === walDir || isInside(walDir, dataDir)) {
    throw new HoldfastError('USAGE', `wal-dir "${paths.walDir}" holds data-dir "${paths.dataDir}"`, {
      hint: 'Choose a WAL directory inside the data dir or beside it.',
    });
  }
  const names = (await namesOf(dataDir, 'data-dir')).filter((name) => !isLeftoverName(name));
  const halfDone = await isHalfDoneWal(walDir);
  // With a WAL dir directly inside it, the data dir of a killed restore may hold just that.
  const others = halfDone ? names.filter((name) => join(dataDir, name) !== walDir) : names;
  if (others.length > 0) {
    throw new HoldfastError('DIR_NOT_EMPTY', `data-dir "${paths.dataDir}" is not empty`, {
      details: { path: paths.dataDir, entries: others.slice(0, 10) },
    });
  }
  if (!halfDone && (await exists(walDir))) {
    throw new HoldfastError('FILE_EXISTS', `wal-dir "${paths.walDir}" exists`, {
      hint: 'Choose a new directory, or move the old one away first; holdfast never overwrites a WAL.',
      details: { path: paths.walDir },
    });
  }
}

/**
 * Checks the target, removes leftovers, and creates the temporary directories. Dispose it to undo everything that was
 * not committed.
 */
export async function createRestoreTarget(paths: TargetPaths): Promise<RestoreTarget> {
  await checkTarget(paths);
  const dataDir = resolve(paths.dataDir);
  const walDir = resolve(paths.walDir);
  const removed = await removeLeftovers(dataDir, walDir);
  const suffix = unfinishedSuffix(randomBytes(6).toString('hex'));
  const dataDirExists = await exists(dataDir);
  const root = dataDirExists ? join(dataDir, suffix) : `${dataDir}${suffix}`;
  const walMovesAlong = isInside(dataDirExists ? memberDirectory(dataDir) : dataDir, walDir);
  const layout: Layout = {
    dataDir,
    walDir,
    dataDirExists,
    walMovesAlong,
    root,
    stagedWal: walMovesAlong ? join(root, relative(dataDir, walDir)) : `${walDir}${suffix}`,
  };
  const undo: UndoState = { madeParents: [], isWalPlaced: false, isDone: false };
  try {
    await createDirectories(layout, undo);
  } catch (error) {
    await discard(layout, undo);
    throw fileError(error, 'create', paths.dataDir);
  }
  return {
    databasePath: databasePath(root),
    snapDir: snapDirectory(root),
    walDir: layout.stagedWal,
    removed,
    commit: () => commit(layout, undo),
    [Symbol.asyncDispose]: () => discard(layout, undo),
  };
}

interface Layout {
  readonly dataDir: string;
  readonly walDir: string;
  readonly dataDirExists: boolean;
  /** Whether the WAL lies in what is moved into place as one. */
  readonly walMovesAlong: boolean;
  /** Stands for the data dir while unfinished. */
  readonly root: string;
  readonly stagedWal: string;
}

interface UndoState {
  /** Directories above the places that did not exist before, outermost first. */
  readonly madeParents: string[];
  isWalPlaced: boolean;
  isDone: boolean;
}

async function removeLeftovers(dataDir: string, walDir: string): Promise<string[]> {
  const removed = [...(await removeLeftoverSiblings(dataDir)), ...(await removeLeftoversIn(dataDir))];
  removed.push(...(await removeLeftoverSiblings(walDir)));
  if (await isHalfDoneWal(walDir)) {
    await rm(walDir, { recursive: true });
    removed.push(walDir);
  }
  return removed;
}

async function createDirectories(layout: Layout, undo: UndoState): Promise<void> {
  const { root, stagedWal, walMovesAlong } = layout;
  undo.madeParents.push(...(await makeDirectories(dirname(root))));
  if (!walMovesAlong) undo.madeParents.push(...(await makeDirectories(dirname(stagedWal))));
  await makeDirectories(snapDirectory(root));
  await makeDirectories(stagedWal);
  if (!walMovesAlong) await writeFile(join(stagedWal, halfDoneMark), `${process.pid}`, { mode: 0o600 });
}

/** Makes a directory and those above it, 0700 as etcd does; returns the new ones, outermost first. */
async function makeDirectories(path: string): Promise<string[]> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return [];
  const made = [path];
  while (made[0] !== first) made.unshift(dirname(made[0]!));
  return made;
}

async function commit(layout: Layout, undo: UndoState): Promise<void> {
  const { dataDir, walDir, root, stagedWal, walMovesAlong } = layout;
  try {
    for (const path of [stagedWal, snapDirectory(root), memberDirectory(root), root])
      await syncDirectory(path);
    if (!walMovesAlong) {
      await rename(stagedWal, walDir);
      undo.isWalPlaced = true;
      await syncDirectory(dirname(walDir));
    }
    await placeDataDir(layout);
    undo.isDone = true;
    if (!walMovesAlong) {
      await rm(join(walDir, halfDoneMark), { force: true });
      await syncDirectory(walDir);
    }
  } catch (error) {
    throw fileError(error, 'create', dataDir);
  }
}

async function placeDataDir({ dataDir, dataDirExists, root }: Layout): Promise<void> {
  if (!dataDirExists) {
    await rename(root, dataDir);
    await syncDirectory(dirname(dataDir));
    return;
  }
  await rename(memberDirectory(root), memberDirectory(dataDir));
  await rmdir(root);
  await syncDirectory(dataDir);
}

async function discard(layout: Layout, undo: UndoState): Promise<void> {
  if (undo.isDone) return;
  await rm(layout.root, { recursive: true, force: true });
  await rm(layout.stagedWal, { recursive: true, force: true });
  if (undo.isWalPlaced) await rm(layout.walDir, { recursive: true, force: true });
  for (const path of [...undo.madeParents].reverse()) {
    try {
      await rmdir(path);
    } catch (error) {
      // Somebody else put something there meanwhile: it stays.
      if (errnoOf(error) === undefined) throw error;
      return;
    }
  }
}

/** Whether `path` lies below `directory`. Both absolute. */
function isInside(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw fileError(error, 'stat', path);
  }
}

/** Names in a directory; none when it does not exist. */
async function namesOf(path: string, what: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    if (errnoOf(error) === 'ENOTDIR') {
      throw new HoldfastError('FILE_EXISTS', `${what} "${path}" is not a directory`, {
        hint: 'Choose another path for the data dir.',
        details: { path },
      });
    }
    throw fileError(error, 'read', path);
  }
}
