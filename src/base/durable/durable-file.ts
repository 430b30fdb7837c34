import { closeSync, constants, fstatSync, lstatSync, openSync, rmSync, unlinkSync } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { errnoOf, fileError, HoldfastError } from '../errors/index.ts';
import { beginUnfinished, isUnderWay, removeAbandoned } from './unfinished.ts';

export interface DurableFileOptions {
  /** Permission bits of the finished file; default 0o600. */
  readonly mode?: number;
  /** Name while unfinished. What another run left under it is replaced; if that run still lives, its commit fails. */
  readonly temporaryPath: string;
  /** Whether an existing target may be replaced; default false (FILE_EXISTS). */
  readonly replace?: boolean;
}

/**
 * A file that appears whole or not at all: written under a temporary name in the same directory, flushed, then moved
 * to its name, then the directory flushed. Disposing an uncommitted file removes it.
 */
export interface DurableFile extends AsyncDisposable {
  readonly path: string;
  readonly temporaryPath: string;
  readonly handle: FileHandle;
  /** Appends bytes in order; large buffers are written as they are. */
  write(chunks: readonly Uint8Array[]): Promise<void>;
  /**
   * For work that reads the unfinished file by its name: what it finds counts only if it was this file.
   * Errors: SAVE_SUPERSEDED (another run has put its own there) before those of the work.
   */
  readBack<T>(work: (temporaryPath: string) => Promise<T>): Promise<T>;
  /**
   * Flushes, closes and moves the file to its name.
   * Errors: FILE_EXISTS, DISK_FULL, WRITE_FAILED, SAVE_SUPERSEDED (another run replaced the unfinished file).
   */
  commit(): Promise<void>;
  /** Closes and removes the temporary file; does nothing after a commit. */
  discard(): Promise<void>;
}

/** Creates the temporary file. Errors: FILE_NOT_FOUND (no such directory), WRITE_FAILED, DISK_FULL. */
export async function createDurableFile(path: string, options: DurableFileOptions): Promise<DurableFile> {
  const { temporaryPath } = options;
  await removeAbandonedFiles(temporaryPath);
  // Without a pause in between, so that there is no moment at which the file is there and nobody would remove it.
  const created = createFile(temporaryPath, options.mode ?? 0o600);
  const file = created.identity;
  const unfinished = beginUnfinished(() => {
    try {
      remove();
    } catch {
      // The process is on its way out: the next run removes it.
    }
  });
  const remove = () => {
    // In the order in which the file moves from one to the other: it cannot slip past.
    for (const candidate of [temporaryPath, privatePath]) removeIfSame(file, candidate);
  };
  const privatePath = `${temporaryPath}.${unfinished.tag}`;
  let handle: FileHandle;
  try {
    handle = await openCreated(file, temporaryPath);
  } catch (error) {
    remove();
    unfinished[Symbol.dispose]();
    throw error;
  } finally {
    closeSync(created.fd);
  }
  let state: 'open' | 'done' = 'open';
  const discard = async () => {
    if (state === 'done') return;
    state = 'done';
    try {
      // While the file is open nobody else can get its inode number.
      remove();
    } finally {
      await handle.close();
      unfinished[Symbol.dispose]();
    }
  };
  return {
    path,
    temporaryPath,
    handle,
    write: (chunks) => writeAll(handle, chunks, temporaryPath),
    readBack: (work) => readBack(file, temporaryPath, work),
    async commit() {
      try {
        await handle.sync();
        await claim(file, temporaryPath, privatePath);
        await placeFile(privatePath, path, options.replace ?? false);
      } catch (error) {
        throw fileError(error, 'create', path);
      }
      state = 'done';
      unfinished[Symbol.dispose]();
      await handle.close();
      await syncDirectory(dirname(path));
    },
    discard,
    [Symbol.asyncDispose]: discard,
  };
}

async function readBack<T>(
  file: FileIdentity,
  temporaryPath: string,
  work: (temporaryPath: string) => Promise<T>,
): Promise<T> {
  const [outcome] = await Promise.allSettled([work(temporaryPath)]);
  if (!(await isAt(file, temporaryPath))) throw superseded(temporaryPath);
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}

/** Removes what runs killed while committing left of an unfinished file with this name. Errors: WRITE_FAILED. */
export async function removeAbandonedFiles(temporaryPath: string): Promise<void> {
  await removeAbandoned(dirname(temporaryPath), `${basename(temporaryPath)}.`);
}

/**
 * Whether another run is just placing a file with this temporary name. Whoever has created his own and then finds that
 * none is, knows what the last one placed: from then on, no other can place one without having replaced his.
 */
export async function isBeingPlaced(temporaryPath: string): Promise<boolean> {
  return await isUnderWay(dirname(temporaryPath), `${basename(temporaryPath)}.`);
}

/** What tells one file from another, whatever its name. */
interface FileIdentity {
  readonly ino: number;
  readonly dev: number;
}

/**
 * Moves the unfinished file to a name that no other run can know. Only then is it looked at whose file it is: another
 * run with the same temporary name may have put its own there, and that one, half written, must not get the final name.
 */
async function claim(file: FileIdentity, temporaryPath: string, privatePath: string): Promise<void> {
  // Taking another run's file, even to give it back, would make that run fail if it commits just then.
  if (!(await isAt(file, temporaryPath))) throw superseded(temporaryPath);
  try {
    await rename(temporaryPath, privatePath);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw superseded(temporaryPath);
    throw error;
  }
  if (await isAt(file, privatePath)) return;
  await rename(privatePath, temporaryPath);
  throw superseded(temporaryPath);
}

/** Whether a path names this file. */
async function isAt(file: FileIdentity, path: string): Promise<boolean> {
  try {
    return isSame(file, await lstat(path));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function isSame(a: FileIdentity, b: FileIdentity): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

/** Without a pause between look and removal, in which another run could put its own there. */
function removeIfSame(file: FileIdentity, path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined && isSame(file, found)) rmSync(path, { force: true });
}

function superseded(path: string): HoldfastError {
  return new HoldfastError('SAVE_SUPERSEDED', `another run has replaced ${path}`, { details: { path } });
}

/**
 * Makes a new, empty file; what a killed run left under this name is removed first. The descriptor stays open for the
 * caller: closed, the file could be removed by another run whose own new file then gets the same inode number.
 */
function createFile(path: string, mode: number): { readonly fd: number; readonly identity: FileIdentity } {
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        const fd = openSync(path, 'wx', mode);
        return { fd, identity: fstatSync(fd) };
      } catch (error) {
        // Another run may do the same at the same time.
        if (errnoOf(error) !== 'EEXIST' || attempt === 10) throw error;
      }
      removeFile(path);
    }
  } catch (error) {
    throw fileError(error, 'create', path);
  }
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

async function openCreated(file: FileIdentity, path: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r+');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw superseded(path);
    throw fileError(error, 'open for writing', path);
  }
  if (isSame(file, await handle.stat())) return handle;
  await handle.close();
  throw superseded(path);
}

async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[], path: string): Promise<void> {
  let pending = chunks.filter((chunk) => chunk.length > 0);
  try {
    while (pending.length > 0) {
      const batch = pending.slice(0, 512);
      let { bytesWritten } = await handle.writev(batch);
      let whole = 0;
      while (whole < batch.length && bytesWritten >= batch[whole]!.length)
        bytesWritten -= batch[whole++]!.length;
      pending = pending.slice(whole);
      if (bytesWritten > 0) pending[0] = pending[0]!.subarray(bytesWritten);
    }
  } catch (error) {
    throw fileError(error, 'write', path);
  }
}

/**
 * Moves a finished file to its name. Without `replace` a hard link makes "fail if it exists" atomic, which rename
 * cannot; on file systems without links it is a look and then a rename.
 */
async function placeFile(from: string, to: string, replace: boolean): Promise<void> {
  if (!replace) {
    if (await tryLink(from, to)) {
      await rm(from);
      return;
    }
    if (lstatSync(to, { throwIfNoEntry: false }) !== undefined)
      throw new HoldfastError('FILE_EXISTS', `${to} exists already`, { details: { path: to } });
  }
  await rename(from, to);
}

/** False where there are no links. */
async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EPERM' || errno === 'ENOTSUP' || errno === 'EOPNOTSUPP' || errno === 'ENOSYS')
      return false;
    throw error;
  }
}

/** Flushes a directory, so that names created or moved in it survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  try {
    await using handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    await handle.sync();
  } catch (error) {
    // Some network file systems refuse fsync on a directory; the rename itself has happened.
    if (errnoOf(error) === 'EINVAL') return;
    throw fileError(error, 'sync directory', path);
  }
}
