/** The places of a restored member: whether they are free, and where things are while they are unfinished. */
import { readdir, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { errnoOf, fileError, HoldfastError } from '../../base/index.ts';
import { databasePath, memberDirectory, snapDirectory } from '../../formats/data-dir/index.ts';
import { removeHalfDoneMark, type TargetPaths, unfinishedSuffix, writeHalfDoneMark } from './leftovers.ts';
import { StagedDirectories } from './staged-directories.ts';

export interface RestoreTarget extends Disposable {
  /** Where to write while the restore is under way; the directories exist. */
  readonly databasePath: string;
  readonly snapDir: string;
  readonly walDir: string;
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
  const names = await namesOf(dataDir, 'data-dir');
  if (names.length > 0) {
    throw new HoldfastError('DIR_NOT_EMPTY', `data-dir "${paths.dataDir}" is not empty`, {
      details: { path: paths.dataDir, entries: names.slice(0, 10) },
    });
  }
  if (await exists(walDir)) {
    throw new HoldfastError('FILE_EXISTS', `wal-dir "${paths.walDir}" exists`, {
      hint: 'Choose a new directory, or move the old one away first; holdfast never overwrites a WAL.',
      details: { path: paths.walDir },
    });
  }
}

/**
 * Checks the target and creates the temporary directories: beside the data dir, or inside it when it exists and is
 * empty (it may be a mount point, and keeps its owner and mode). Dispose it to undo everything that was not committed.
 */
export async function createRestoreTarget(paths: TargetPaths): Promise<RestoreTarget> {
  await checkTarget(paths);
  const dataDir = resolve(paths.dataDir);
  const walDir = resolve(paths.walDir);
  const dataDirExists = await exists(dataDir);
  const staged = new StagedDirectories();
  const suffix = unfinishedSuffix(staged.tag);
  const root = dataDirExists ? join(dataDir, suffix) : `${dataDir}${suffix}`;
  const [movedFrom, movedTo] = dataDirExists
    ? [memberDirectory(root), memberDirectory(dataDir)]
    : [root, dataDir];
  const walMovesAlong = isInside(movedTo, walDir);
  const stagedWal = walMovesAlong ? join(root, relative(dataDir, walDir)) : `${walDir}${suffix}`;
  try {
    staged.makeParents(dirname(root));
    if (!walMovesAlong) staged.makeParents(dirname(stagedWal));
    staged.make(root);
    for (const path of [snapDirectory(root), stagedWal]) staged.make(path);
    if (!walMovesAlong) {
      await writeHalfDoneMark(stagedWal, { tag: staged.tag, dataDir });
      // First the WAL: etcd does not start on it alone, and the next restore recognises it.
      staged.planMove(stagedWal, walDir);
    }
    staged.planMove(movedFrom, movedTo);
  } catch (error) {
    staged[Symbol.dispose]();
    throw fileError(error, 'create', paths.dataDir);
  }
  return {
    databasePath: databasePath(root),
    snapDir: snapDirectory(root),
    walDir: stagedWal,
    commit: () => commit(staged, walMovesAlong ? undefined : walDir, dataDir),
    [Symbol.dispose]: () => staged[Symbol.dispose](),
  };
}

async function commit(
  staged: StagedDirectories,
  separateWal: string | undefined,
  dataDir: string,
): Promise<void> {
  try {
    await staged.moveAll();
    if (separateWal !== undefined) await removeHalfDoneMark(separateWal);
    staged.finish();
  } catch (error) {
    throw fileError(error, 'create', dataDir);
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
