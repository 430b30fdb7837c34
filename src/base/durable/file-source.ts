import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import type { ByteSource } from '../bytes/index.ts';
import { fileError, HoldfastError } from '../errors/index.ts';

/** An open file as a source. Close it with `close` or `using`. */
export interface FileSource extends ByteSource, Disposable {
  /** The open descriptor, for callers that read on another thread; it stays owned by the source. */
  readonly fd: number;
  close(): void;
}

/**
 * Opens a regular file for reading. It never writes to the file, takes no lock, and follows symbolic links.
 *
 * Errors: FILE_NOT_FOUND, NOT_A_REGULAR_FILE, FILE_NOT_READABLE.
 */
export function openFileSource(path: string): FileSource {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw fileError(error, 'open', path);
  }
  const stats = fstatSync(fd);
  if (!stats.isFile()) {
    closeSync(fd);
    const what = stats.isDirectory() ? 'is a directory' : 'is not a regular file';
    throw new HoldfastError('NOT_A_REGULAR_FILE', `open ${path}: ${what}`, { details: { path } });
  }
  return fileSourceOf(fd, path, stats.size);
}

/**
 * What tells a file in the state that it has now from every other, for as long as it is open: then nobody else gets its
 * inode number. A change shows in the time of the last one.
 */
export function fileStateOf({ fd, name }: FileSource): string {
  try {
    const { dev, ino, size, mtimeNs } = fstatSync(fd, { bigint: true });
    return `${dev}:${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    throw fileError(error, 'stat', name);
  }
}

function fileSourceOf(fd: number, path: string, sizeBytes: number): FileSource {
  let open = true;
  const close = () => {
    if (open) closeSync(fd);
    open = false;
  };
  return {
    fd,
    name: path,
    sizeBytes,
    readInto(target, offset) {
      try {
        return readFully(fd, target, offset);
      } catch (error) {
        throw fileError(error, 'read', path);
      }
    },
    close,
    [Symbol.dispose]: close,
  };
}

/** Reads until the target is full or the file ends; returns the number of bytes read. */
export function readFully(fd: number, target: Uint8Array, offset: number): number {
  let filled = 0;
  while (filled < target.length) {
    const count = readSync(fd, target, filled, target.length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

/** Writes all of the bytes there, however many calls it takes. Throws what the system says. */
export function writeFully(fd: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
}
