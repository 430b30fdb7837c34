import { createHash } from 'node:crypto';
import { readFully } from '../durable/index.ts';
import type { Steps } from '../flow/index.ts';

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
  /** The content ended here, before its time. */
  readonly shortAt?: number;
}

const readBytes = 1 << 20;
const readsInStep = 4;

/** Reads and hashes; a step is a few milliseconds. */
export function* hashFileSteps({ fd, contentBytes, rest }: FileToHash): Steps<FileDigests> {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(readBytes);
  let offset = 0;
  for (let reads = 1; offset < contentBytes; reads++) {
    const wanted = Math.min(buffer.length, contentBytes - offset);
    const count = readFully(fd, buffer.subarray(0, wanted), offset);
    hash.update(buffer.subarray(0, count));
    offset += count;
    if (count < wanted) break;
    if (reads % readsInStep === 0) yield offset;
  }
  const content = new Uint8Array(hash.copy().digest());
  const whole = new Uint8Array(hash.update(rest ?? content).digest());
  return { content, whole, ...(offset < contentBytes && { shortAt: offset }) };
}
