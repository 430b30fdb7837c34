/**
 * The copy of the snapshot that becomes the new database, without its digest, and the SHA-256 of exactly the bytes
 * that were copied, made in the same pass.
 */
import { createHash } from 'node:crypto';
import { constants, read } from 'node:fs';
import { copyFile, type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import {
  errnoOf,
  fileError,
  type FileSource,
  formatHex,
  HoldfastError,
  type OperationContext,
  throwIfInterrupted,
} from '../../base/index.ts';

const chunkBytes = 1 << 22;

export interface CopyOptions {
  /** Bytes at the front that are the database. */
  readonly databaseBytes: number;
  /** Whether to compute the digest. */
  readonly digest: boolean;
}

/**
 * Copies the first `databaseBytes` bytes of a source into a new file with mode 0600, which stays open for changes.
 * Errors: FILE_NOT_READABLE, DISK_FULL, WRITE_FAILED, INTERRUPTED.
 */
export async function copyDatabase(
  source: FileSource,
  target: string,
  options: CopyOptions,
  ctx: OperationContext,
): Promise<{ readonly handle: FileHandle; readonly sha256: Uint8Array | undefined }> {
  const cloned = await tryClone(source, target, options.databaseBytes);
  const handle = cloned ?? (await openNew(target));
  try {
    const job: CopyJob = { source, ...options, into: cloned === undefined ? handle : undefined };
    const sha256 = cloned !== undefined && !options.digest ? undefined : await runCopy(job, target, ctx);
    return { handle, sha256: options.digest ? sha256 : undefined };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** SHA-256 of the first `databaseBytes` bytes of a source. Errors: FILE_NOT_READABLE, INTERRUPTED. */
export function digestDatabase(
  source: FileSource,
  databaseBytes: number,
  ctx: OperationContext,
): Promise<Uint8Array> {
  return runCopy({ source, databaseBytes, digest: true, into: undefined }, source.name, ctx);
}

/** A copy that shares its blocks with the source, where the file system can (btrfs, XFS): no data is written. */
async function tryClone(
  source: FileSource,
  target: string,
  databaseBytes: number,
): Promise<FileHandle | undefined> {
  try {
    // The descriptor, not the name: the file that was opened and checked is the one that is copied.
    await copyFile(
      `/proc/self/fd/${source.fd}`,
      target,
      constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL,
    );
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
  const handle = await open(target, 'r+');
  await handle.chmod(0o600);
  await handle.truncate(databaseBytes);
  return handle;
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w+', 0o600);
  } catch (error) {
    throw fileError(error, 'create', path);
  }
}

interface CopyJob extends CopyOptions {
  readonly source: FileSource;
  /** Where to write; undefined when the blocks are there already and only the digest is wanted. */
  readonly into: FileHandle | undefined;
}

const readAsync = promisify(read);

/** Reads ahead while the chunk before is hashed and written. */
async function runCopy(job: CopyJob, target: string, ctx: OperationContext): Promise<Uint8Array> {
  const hash = createHash('sha256');
  const buffers = [new Uint8Array(chunkBytes), new Uint8Array(chunkBytes)] as const;
  let ahead = readChunk(job, buffers[0], 0);
  for (let offset = 0, turn = 0; offset < job.databaseBytes; turn++) {
    const chunk = await ahead;
    throwIfInterrupted(ctx.signal);
    const at = offset;
    offset += chunk.length;
    if (offset < job.databaseBytes) {
      ahead = readChunk(job, turn % 2 === 0 ? buffers[1] : buffers[0], offset);
      // Awaited in the next turn; a failure before that must not count as unhandled.
      ahead.catch(() => undefined);
    }
    const written = job.into === undefined ? undefined : writeChunk(job.into, chunk, at);
    if (job.digest) hash.update(chunk);
    try {
      await written;
    } catch (error) {
      throw fileError(error, 'write', target);
    }
    ctx.events({ type: 'phase-progress', phase: 'copy', doneBytes: offset, totalBytes: job.databaseBytes });
  }
  return new Uint8Array(hash.digest());
}

async function readChunk(job: CopyJob, buffer: Uint8Array, offset: number): Promise<Uint8Array> {
  const length = Math.min(buffer.length, job.databaseBytes - offset);
  try {
    const { bytesRead } = await readAsync(job.source.fd, buffer, 0, length, offset);
    if (bytesRead > 0) return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw fileError(error, 'read', job.source.name);
  }
  throw new HoldfastError('FILE_NOT_READABLE', `read ${job.source.name}: the file became shorter meanwhile`, {
    hint: 'Something writes to the snapshot file: copy it first, or wait until it is complete.',
    details: { path: job.source.name, offset },
  });
}

async function writeChunk(handle: FileHandle, chunk: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, offset + done);
    done += bytesWritten;
  }
}

/** Throws DIGEST_MISMATCH unless the two digests are the same. */
export function checkDigest(expected: Uint8Array, actual: Uint8Array, path: string): void {
  const [wanted, got] = [formatHex(expected), formatHex(actual)];
  if (wanted === got) return;
  throw new HoldfastError('DIGEST_MISMATCH', `${path}: expected sha256 ${wanted}, got ${got}`, {
    details: { path, expected: wanted, actual: got },
  });
}
