import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { errnoOf, fileError, HoldfastError } from '../base/index.ts';

const firstReadBytes = 64 << 10;

/**
 * A whole file as bytes of the caller's. Undefined when there is none. It reads to the end whatever size the file says
 * it has, because files of `/proc` say 0.
 * @param path an absolute path whose last name is no symbolic link
 * Errors: FILE_NOT_READABLE (also: larger than `maxBytes`), NOT_A_REGULAR_FILE.
 */
export async function readHostFile(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readAtMost(path, maxBytes);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw fileError(error, 'read', path);
  }
  if (bytes !== undefined) return bytes;
  throw new HoldfastError('FILE_NOT_READABLE', `read ${path}: larger than ${maxBytes} bytes`, {
    hint: 'Look at the file: nothing of this kind is as large.',
    details: { path, maxBytes },
  });
}

/** Undefined when the file is larger. Rejects with the error of the system, or NOT_A_REGULAR_FILE. */
export async function readAtMost(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  // Without blocking: opening a pipe that nobody writes to would wait for ever.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
  await using handle = await open(path, flags);
  if (!(await handle.stat()).isFile()) {
    throw new HoldfastError('NOT_A_REGULAR_FILE', `read ${path}: is not a regular file`, {
      hint: 'Look at what is there in place of a file.',
      details: { path },
    });
  }
  return await readToEnd(handle, maxBytes);
}

async function readToEnd(handle: FileHandle, maxBytes: number): Promise<Uint8Array | undefined> {
  let buffer = new Uint8Array(Math.min(firstReadBytes, maxBytes + 1));
  let filled = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled);
    if (bytesRead === 0) return buffer.slice(0, filled);
    filled += bytesRead;
    if (filled > maxBytes) return undefined;
    if (filled === buffer.length) buffer = enlarged(buffer, maxBytes + 1);
  }
}

function enlarged(buffer: Uint8Array, maxBytes: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(buffer.length * 4, maxBytes));
  larger.set(buffer);
  return larger;
}
