import { randomBytes } from 'node:crypto';
import { type FileHandle, open, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  createDurableFile,
  errnoOf,
  fileError,
  hasCode,
  HoldfastError,
  makeDirectories,
  syncDirectory,
} from '../../base/index.ts';
import { objectMissing, requireWanted, requireWithinLimit, resolveRange } from '../failures.ts';
import { requireObjectName, requirePrefix } from '../object-name.ts';
import type { GetOptions, ObjectStat, Storage } from '../storage.ts';
import { listFiles } from './list-files.ts';
import { probeFilesystem, removeStaleFiles, unfinishedDirectory } from './probe-filesystem.ts';

export interface FilesystemStorageOptions {
  readonly path: string;
  /** Makes the directory when it is missing. Default false: a mount that is not there must not be taken for empty. */
  readonly create?: boolean;
}

/**
 * Objects as files below a directory, on any file system. Files appear under their name whole and flushed.
 *
 * What the file system can do is tried out, not believed: some network and user-space file systems have no hard links,
 * without which "put if absent" is a look and then a rename. No locks are used.
 *
 * Errors of all methods: those of files as well (DISK_FULL, WRITE_FAILED, FILE_NOT_READABLE).
 * Errors of opening: FILE_NOT_FOUND, NOT_A_REGULAR_FILE (not a directory).
 */
export async function openFilesystemStorage(options: FilesystemStorageOptions): Promise<Storage> {
  const root = resolve(options.path);
  if (options.create === true) await makeDirectories(root);
  await requireDirectory(root);
  const capabilities = await probeFilesystem(root);
  await removeStaleFiles(root);
  const pathOf = (name: string) => {
    requireObjectName(name);
    return join(root, name);
  };
  return {
    location: root,
    capabilities,
    async putIfAbsent(name, content, putOptions) {
      requireWanted(putOptions);
      if (putOptions?.retainUntilMs !== undefined)
        throw new HoldfastError('STORAGE_FAILED', `${root} cannot keep objects from being deleted`);
      return putFile(root, pathOf(name), content);
    },
    async get(name, getOptions) {
      requireWanted(getOptions);
      return readObject(root, name, pathOf(name), getOptions);
    },
    async stat(name, statOptions) {
      requireWanted(statOptions);
      return statObject(name, pathOf(name));
    },
    async *list(prefix, listOptions) {
      requirePrefix(prefix);
      for await (const name of listFiles(root, prefix)) {
        requireWanted(listOptions);
        // What has gone since the directory was read is not there.
        const found = await statObject(name, join(root, name));
        if (found !== undefined) yield found;
      }
    },
    async delete(name, deleteOptions) {
      requireWanted(deleteOptions);
      await deleteFile(pathOf(name));
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function requireDirectory(root: string): Promise<void> {
  let isDirectory: boolean;
  try {
    isDirectory = (await stat(root)).isDirectory();
  } catch (error) {
    throw fileError(error, 'open', root);
  }
  if (!isDirectory)
    throw new HoldfastError('NOT_A_REGULAR_FILE', `open ${root}: is not a directory`, {
      hint: 'Name a directory.',
      details: { path: root },
    });
}

/** Whoever tidies up another corner of an empty store may take a directory away between its making and its use. */
const maxAttempts = 3;

/** Puts the file together under a name that nobody else has, and lets it appear. */
async function putFile(
  root: string,
  path: string,
  content: readonly Uint8Array[],
): Promise<'created' | 'exists'> {
  for (let attempt = 1; ; attempt++) {
    if (await exists(path)) return 'exists';
    try {
      await makeDirectories(dirname(path));
      await makeDirectories(join(root, unfinishedDirectory));
      await placeFile(path, join(root, unfinishedDirectory, randomBytes(12).toString('hex')), content);
      return 'created';
    } catch (error) {
      if (hasCode(error, 'FILE_EXISTS')) return 'exists';
      if (hasCode(error, 'DISK_FULL')) throw storeFull(root, error);
      if (!hasCode(error, 'FILE_NOT_FOUND') || attempt === maxAttempts) throw error;
    }
  }
}

async function placeFile(path: string, temporaryPath: string, content: readonly Uint8Array[]): Promise<void> {
  await using file = await createDurableFile(path, { temporaryPath });
  await file.write(content);
  await file.commit();
}

/** What was put before this object stays: a hint that nothing was left behind would be wrong here. */
function storeFull(root: string, cause: unknown): HoldfastError {
  return new HoldfastError('DISK_FULL', `no space is left in ${root}`, {
    hint: 'Free space there, then run the command again: what was stored already is used.',
    details: { path: root },
    cause,
  });
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw fileError(error, 'stat', path);
  }
}

async function readObject(
  root: string,
  name: string,
  path: string,
  options: GetOptions | undefined,
): Promise<Uint8Array> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if (isGone(error)) throw objectMissing(root, name, error);
    throw fileError(error, 'open', path);
  }
  await using file = handle;
  const stats = await file.stat();
  if (!stats.isFile()) throw objectMissing(root, name);
  const { start, end } = resolveRange(stats.size, options);
  requireWithinLimit(root, name, end - start, options);
  return await readRange(file, path, start, end);
}

async function readRange(file: FileHandle, path: string, start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  let filled = 0;
  try {
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
      if (bytesRead === 0) return bytes.slice(0, filled);
      filled += bytesRead;
    }
  } catch (error) {
    throw fileError(error, 'read', path);
  }
  return bytes;
}

async function statObject(name: string, path: string): Promise<ObjectStat | undefined> {
  try {
    const stats = await stat(path);
    return stats.isFile() ? { name, sizeBytes: stats.size, modifiedMs: stats.mtimeMs } : undefined;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw fileError(error, 'stat', path);
  }
}

/** Deleted is deleted, also after a power cut: a pruner relies on the order in which things went. */
async function deleteFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (isGone(error)) return;
    throw fileError(error, 'delete', path);
  }
  await syncDirectory(dirname(path));
}

/** On network file systems a handle can go stale when another host deletes the file. */
function isGone(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'ESTALE';
}
