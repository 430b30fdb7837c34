import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf, fileError } from '../errors/index.ts';

export interface DurableFileOptions {
  /** Permission bits of the finished file; default 0o600. */
  readonly mode?: number;
  /** Name while unfinished; default: the target's name with a random `.tmp` suffix beside it. */
  readonly temporaryPath?: string;
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
  /** Flushes, closes and moves the file to its name. Errors: FILE_EXISTS, DISK_FULL, WRITE_FAILED. */
  commit(): Promise<void>;
  /** Closes and removes the temporary file; does nothing after a commit. */
  discard(): Promise<void>;
}

/** Creates the temporary file. Errors: FILE_NOT_FOUND (no such directory), WRITE_FAILED, DISK_FULL. */
export async function createDurableFile(
  path: string,
  options: DurableFileOptions = {},
): Promise<DurableFile> {
  const temporaryPath = options.temporaryPath ?? `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const handle = await openExclusive(temporaryPath, options.mode ?? 0o600);
  let state: 'open' | 'done' = 'open';
  const discard = async () => {
    if (state === 'done') return;
    state = 'done';
    await handle.close();
    await rm(temporaryPath, { force: true });
  };
  return {
    path,
    temporaryPath,
    handle,
    async write(chunks) {
      try {
        await writeAll(handle, chunks);
      } catch (error) {
        throw fileError(error, 'write', temporaryPath);
      }
    },
    async commit() {
      try {
        await handle.sync();
        await placeFile(temporaryPath, path, options.replace ?? false);
      } catch (error) {
        throw fileError(error, 'create', path);
      }
      state = 'done';
      await handle.close();
      await syncDirectory(dirname(path));
    },
    discard,
    [Symbol.asyncDispose]: discard,
  };
}

/** Opens a new file; what a killed run left under this name is removed first. */
async function openExclusive(path: string, mode: number): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
  try {
    return await open(path, flags, mode);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw fileError(error, 'create', path);
  }
  try {
    await rm(path);
    return await open(path, flags, mode);
  } catch (error) {
    throw fileError(error, 'create', path);
  }
}

async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  let pending = chunks.filter((chunk) => chunk.length > 0);
  while (pending.length > 0) {
    const batch = pending.slice(0, 512);
    let { bytesWritten } = await handle.writev(batch);
    let whole = 0;
    while (whole < batch.length && bytesWritten >= batch[whole]!.length)
      bytesWritten -= batch[whole++]!.length;
    pending = pending.slice(whole);
    if (bytesWritten > 0) pending[0] = pending[0]!.subarray(bytesWritten);
  }
}

/**
 * Moves a finished file to its name. Without `replace` a hard link makes "fail if it exists" atomic, which rename
 * cannot; file systems without links fall back to rename.
 */
async function placeFile(from: string, to: string, replace: boolean): Promise<void> {
  if (!replace) {
    try {
      await link(from, to);
      await rm(from);
      return;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno !== 'EPERM' && errno !== 'ENOTSUP' && errno !== 'EOPNOTSUPP' && errno !== 'ENOSYS')
        throw error;
    }
  }
  await rename(from, to);
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
