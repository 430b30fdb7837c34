import { createHash } from 'node:crypto';
import { read } from 'node:fs';
import { promisify } from 'node:util';

export interface FileToHash {
  /** Open for reading; valid in every thread of the process. */
  readonly fd: number;
  /** The content is from the file's beginning to here. */
  readonly contentBytes: number;
  /** What the whole file has behind its content; without it, the digest of the content itself. */
  readonly rest: Uint8Array | undefined;
}

/** SHA-256, 32 bytes each. */
export interface FileDigests {
  readonly content: Uint8Array;
  /** Of the content and what is behind it. */
  readonly whole: Uint8Array;
}

/** What was found of a file. */
export interface HashedFile extends FileDigests {
  /** The content ended here, before its time. */
  readonly shortAt?: number;
}

const readAsync = promisify(read);
const readBytes = 1 << 20;
const readsInStep = 4;

/** Hashes while the next bytes are read; yields how far it is every few milliseconds. */
export async function* hashFileSteps(job: FileToHash): AsyncGenerator<number, HashedFile> {
  const { fd, contentBytes, rest } = job;
  const hash = createHash('sha256');
  const buffers = [new Uint8Array(readBytes), new Uint8Array(readBytes)] as const;
  const readAt = (buffer: Uint8Array, offset: number) =>
    readAsync(fd, buffer, 0, Math.min(buffer.length, contentBytes - offset), offset);
  let offset = 0;
  let ahead = readAt(buffers[0], 0);
  try {
    for (let reads = 1; offset < contentBytes; reads++) {
      const { bytesRead, buffer } = await ahead;
      if (bytesRead === 0) break;
      offset += bytesRead;
      if (offset < contentBytes) ahead = readAt(buffers[reads % 2]!, offset);
      hash.update(buffer.subarray(0, bytesRead));
      if (reads % readsInStep === 0) yield offset;
    }
  } finally {
    // The descriptor must not be closed under a read.
    await Promise.allSettled([ahead]);
  }
  const content = new Uint8Array(hash.copy().digest());
  const whole = new Uint8Array(hash.update(rest ?? content).digest());
  return { content, whole, ...(offset < contentBytes && { shortAt: offset }) };
}
