import type { ByteSource } from '../../base/index.ts';

/** Bytes read at once where pages follow each other. */
const longestWindowBytes = 256 << 10;
/** Pages that may be left out between two that still count as following each other. */
const gapPages = 8;

/**
 * Reads pages further ahead, the longer they have come one after the other. Each window is fresh memory, so that what
 * is a view of it stays as it is, and keeps the whole window alive; or all windows of a pass are the same memory: one
 * that looks at each row once then leaves no garbage behind.
 */
export class PageWindow {
  readonly #source: ByteSource;
  readonly #pageSize: number;
  /** Whether what is read is overwritten by what is read next. */
  readonly isReused: boolean;
  #memory: Uint8Array = new Uint8Array(0);
  #bytes: Uint8Array = new Uint8Array(0);
  /** Where the window starts in the file. */
  #offset = 0;
  #pages = 1;

  constructor(source: ByteSource, pageSize: number, { reuse = false } = {}) {
    this.#source = source;
    this.#pageSize = pageSize;
    this.isReused = reuse;
  }

  /** A view of the file from a page on; shorter when the file ends before. */
  read(offset: number, sizeBytes: number): Uint8Array {
    if (!this.#holds(offset, sizeBytes)) this.#fill(offset, sizeBytes);
    const start = offset - this.#offset;
    return this.#bytes.subarray(start, start + sizeBytes);
  }

  #holds(offset: number, sizeBytes: number): boolean {
    return offset >= this.#offset && offset + sizeBytes <= this.#offset + this.#bytes.length;
  }

  #fill(offset: number, sizeBytes: number): void {
    const end = this.#offset + this.#bytes.length;
    // From the same place on: a page, and now its overflow.
    const follows = offset >= this.#offset && offset <= end + gapPages * this.#pageSize;
    const mostPages = Math.max(1, Math.floor(longestWindowBytes / this.#pageSize));
    this.#pages = follows ? Math.min(mostPages, this.#pages * 2) : 1;
    const left = this.#source.sizeBytes - offset;
    const target = this.#take(Math.max(sizeBytes, Math.min(this.#pages * this.#pageSize, left)));
    this.#bytes = target.subarray(0, this.#source.readInto(target, offset));
    this.#offset = offset;
  }

  #take(sizeBytes: number): Uint8Array {
    if (!this.isReused) return new Uint8Array(sizeBytes);
    if (sizeBytes > this.#memory.length) this.#memory = new Uint8Array(sizeBytes);
    return this.#memory.subarray(0, sizeBytes);
  }
}
