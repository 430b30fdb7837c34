import { createHash, type Hash } from 'node:crypto';
import { existsSync, read as readFromFile } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  fileError,
  type FileSource,
  formatHex,
  HoldfastError,
  openFileSource,
  type OperationContext,
  throwIfInterrupted,
} from '../../base/index.ts';

/** Bytes at an offset that stand for what the file holds there. */
export interface BytesAt {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A digest on its way. Disposing it stops it. */
export interface RunningDigest extends AsyncDisposable {
  /** The SHA-256, with everything put in and open for more. Rejects with FILE_NOT_READABLE or INTERRUPTED. */
  readonly result: Promise<Hash>;
  /** Says that the file has its full length: until then, reading catches up with whoever writes it. */
  fileIsComplete(): void;
  /** Says what ranges held that are about to be changed; they are hashed as they were. */
  rangesWillChange(before: readonly BytesAt[]): void;
}

const chunkBytes = 1 << 20;
const waitForWriterMs = 2;
const readAsync = promisify(readFromFile);

/**
 * Starts hashing the first `databaseBytes` bytes of a file that may still be growing, or about to appear. It gives way
 * to other work between chunks.
 */
export function startDigest(path: string, databaseBytes: number, ctx: OperationContext): RunningDigest {
  const digest = new Digest(path, databaseBytes, ctx);
  const result = digest.run();
  // Awaited at the end; a failure before that must not count as unhandled.
  result.catch(() => undefined);
  return {
    result,
    fileIsComplete: () => {
      digest.isGrowing = false;
    },
    rangesWillChange: (before) => {
      digest.before = before;
    },
    async [Symbol.asyncDispose]() {
      digest.isStopped = true;
      await Promise.allSettled([result]);
    },
  };
}

class Digest {
  isGrowing = true;
  isStopped = false;
  before: readonly BytesAt[] = [];
  readonly #path: string;
  readonly #databaseBytes: number;
  readonly #ctx: OperationContext;

  constructor(path: string, databaseBytes: number, ctx: OperationContext) {
    this.#path = path;
    this.#databaseBytes = databaseBytes;
    this.#ctx = ctx;
  }

  async run(): Promise<Hash> {
    using file = await this.#open();
    return await this.#hash(file);
  }

  /** Reads ahead while it hashes. */
  async #hash(file: FileSource): Promise<Hash> {
    const hash = createHash('sha256');
    const buffers = [new Uint8Array(chunkBytes), new Uint8Array(chunkBytes)] as const;
    let ahead = this.#readChunk(file, buffers[0], 0);
    try {
      for (let offset = 0, turn = 0; offset < this.#databaseBytes; turn++) {
        const chunk = await ahead;
        const at = offset;
        offset += chunk.length;
        if (offset < this.#databaseBytes) {
          ahead = this.#readChunk(file, turn % 2 === 0 ? buffers[1] : buffers[0], offset);
          ahead.catch(() => undefined);
        }
        this.#putBack(chunk, at);
        hash.update(chunk);
      }
    } finally {
      // The descriptor must not be closed under a read.
      await Promise.allSettled([ahead]);
    }
    return hash;
  }

  async #open(): Promise<FileSource> {
    while (this.#mayWait() && !existsSync(this.#path)) await delay(waitForWriterMs);
    return openFileSource(this.#path);
  }

  /** The bytes at an offset: as many as fit the buffer and are there, at least one. */
  async #readChunk(file: FileSource, buffer: Uint8Array, offset: number): Promise<Uint8Array> {
    const length = Math.min(buffer.length, this.#databaseBytes - offset);
    for (;;) {
      const mayWait = this.#mayWait();
      const count = await read(file, buffer, length, offset);
      if (count > 0) return buffer.subarray(0, count);
      if (!mayWait) throw tooShort(this.#path, offset);
      await delay(waitForWriterMs);
    }
  }

  #mayWait(): boolean {
    throwIfInterrupted(this.#ctx.signal);
    if (this.isStopped) throw new HoldfastError('INTERRUPTED', 'interrupted');
    return this.isGrowing;
  }

  #putBack(chunk: Uint8Array, chunkOffset: number): void {
    for (const { bytes, offset } of this.before) {
      const from = Math.max(offset, chunkOffset);
      const to = Math.min(offset + bytes.length, chunkOffset + chunk.length);
      if (from < to) chunk.set(bytes.subarray(from - offset, to - offset), from - chunkOffset);
    }
  }
}

async function read(file: FileSource, buffer: Uint8Array, length: number, offset: number): Promise<number> {
  try {
    return (await readAsync(file.fd, buffer, 0, length, offset)).bytesRead;
  } catch (error) {
    throw fileError(error, 'read', file.name);
  }
}

function tooShort(path: string, offset: number): HoldfastError {
  return new HoldfastError('FILE_NOT_READABLE', `read ${path}: the file became shorter meanwhile`, {
    hint: 'Something else writes to the snapshot file: wait until it is done.',
    details: { path, offset },
  });
}

/** A snapshot file, as far as its digests are concerned. */
export interface DigestedFile {
  readonly path: string;
  /** The digest behind its content. */
  readonly digest: Uint8Array;
  /** What the whole file had when somebody looked at it before, lower-case hex; undefined when nobody did. */
  readonly fileSha256: string | undefined;
}

/** Throws DIGEST_MISMATCH unless the content has the digest behind it, and the file is the one that was seen before. */
export function checkDigest({ path, digest, fileSha256 }: DigestedFile, content: Hash): void {
  const [expected, actual] = [formatHex(digest), content.copy().digest('hex')];
  if (expected !== actual) {
    throw new HoldfastError('DIGEST_MISMATCH', `${path}: expected sha256 ${expected}, got ${actual}`, {
      details: { path, expected, actual },
    });
  }
  if (fileSha256 === undefined) return;
  const found = content.update(digest).digest('hex');
  if (found === fileSha256) return;
  throw new HoldfastError('DIGEST_MISMATCH', `${path} has changed since it was checked`, {
    hint: 'Give the snapshot a name that nothing else writes to.',
    details: { path, expected: fileSha256, actual: found },
  });
}
