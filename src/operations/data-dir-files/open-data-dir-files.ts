import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileError, hasCode, HoldfastError, openFileSource } from '../../base/index.ts';
import {
  type DataDir,
  type DataDirFiles,
  openDataDir,
  snapDirectory,
  walDirectory,
} from '../../formats/data-dir/index.ts';

/** The files of a data dir on this machine. Disposing closes everything that was opened through it. */
export interface OpenDataDirFiles extends DataDirFiles, Disposable {}

/** A data dir with its open files. Rows of its store can be read until it is disposed. */
export interface OpenedDataDir extends DataDir, Disposable {}

export interface DataDirPaths {
  readonly dataDir: string;
  /** Where etcd's `--wal-dir` points; default `<data-dir>/member/wal`. */
  readonly walDir?: string;
}

/** Opens nothing yet; each file is opened when it is asked for. */
export function openDataDirFiles({ dataDir, walDir }: DataDirPaths): OpenDataDirFiles {
  const open = new DisposableStack();
  const snapDir = snapDirectory(dataDir);
  const wal = walDir ?? walDirectory(dataDir);
  return {
    name: dataDir,
    listWal: () => namesIn(wal, dataDir),
    openWal: (name) => open.use(openFileSource(join(wal, name))),
    listSnap: () => namesIn(snapDir, dataDir),
    readSnap: (name) => readWhole(join(snapDir, name)),
    openDatabase: (name = 'db') => open.use(openDatabaseFile(join(snapDir, name), dataDir)),
    [Symbol.dispose]: () => open.dispose(),
  };
}

/**
 * Opens a data dir with everything that its log holds. Dispose the result.
 *
 * Errors: those of `openDataDir`, FILE_NOT_READABLE; DATA_DIR_INVALID when a directory or the database is not there.
 */
export function openDataDirAt(paths: DataDirPaths): OpenedDataDir {
  const files = openDataDirFiles(paths);
  try {
    return { ...openDataDir(files), [Symbol.dispose]: () => files[Symbol.dispose]() };
  } catch (error) {
    files[Symbol.dispose]();
    throw error;
  }
}

function openDatabaseFile(path: string, dataDir: string): ReturnType<typeof openFileSource> {
  try {
    return openFileSource(path);
  } catch (error) {
    throw hasCode(error, 'FILE_NOT_FOUND') ? notThere(dataDir, path) : error;
  }
}

function namesIn(directory: string, dataDir: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    const typed = fileError(error, 'read', directory);
    throw hasCode(typed, 'FILE_NOT_FOUND') ? notThere(dataDir, directory) : typed;
  }
}

function readWhole(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw fileError(error, 'read', path);
  }
}

function notThere(dataDir: string, path: string): HoldfastError {
  return new HoldfastError('DATA_DIR_INVALID', `${dataDir}: not a data dir, it has no ${path}`, {
    details: { path },
  });
}
