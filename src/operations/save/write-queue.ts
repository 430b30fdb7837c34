/**
 * Writes bytes after all earlier ones: at once, or by the time that the returned promise resolves. Until then the
 * bytes stay as they are.
 */
export type BatchWriter = (bytes: Uint8Array) => Promise<void> | undefined;

/** Large enough that one hash call and one system call serve many frames, small enough to stay in the cache. */
const slabBytes = 1 << 20;
/** When so many slabs wait to be written, the stream waits, too. */
const highWaterSlabs = 8;

/**
 * Gathers pieces in slabs and writes full ones in order. Slabs are used again, so that the memory stays the same
 * whatever the size of the stream.
 */
export class WriteQueue {
  readonly #write: BatchWriter;
  readonly #onSealed: (bytes: Uint8Array) => void;
  readonly #onWritten: (writtenBytes: number) => void;
  readonly #free: Uint8Array[] = [];
  #slab: Uint8Array = new Uint8Array(slabBytes);
  #filled = 0;
  #writtenBytes = 0;
  /** Slabs whose writing is under way or waits for its turn; 0 with a writer that writes at once. */
  #waitingSlabs = 0;
  #tail: Promise<void> = Promise.resolve();
  #drained: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /**
   * @param onSealed told, in order, every run of bytes before it is written
   * @param onWritten told after each write how many bytes are written altogether
   */
  constructor(
    write: BatchWriter,
    onSealed: (bytes: Uint8Array) => void,
    onWritten: (writtenBytes: number) => void,
  ) {
    this.#write = write;
    this.#onSealed = onSealed;
    this.#onWritten = onWritten;
  }

  /** Copies a piece. Wait for the promise, if there is one, before pushing much more. Throws what a write threw. */
  push(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure.error;
    for (let offset = 0; offset < bytes.length; ) {
      const count = Math.min(bytes.length - offset, slabBytes - this.#filled);
      const whole = count === bytes.length;
      this.#slab.set(whole ? bytes : bytes.subarray(offset, offset + count), this.#filled);
      this.#filled += count;
      offset += count;
      if (this.#filled === slabBytes) this.#seal();
    }
    if (this.#waitingSlabs < highWaterSlabs) return undefined;
    return (this.#drained ??= this.#drain());
  }

  /** Resolves when everything pushed so far is written. */
  async flush(): Promise<void> {
    this.#seal();
    await this.#drain();
  }

  async #drain(): Promise<void> {
    await this.#tail;
    this.#drained = undefined;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #seal(): void {
    if (this.#filled === 0) return;
    const bytes = this.#slab.subarray(0, this.#filled);
    this.#filled = 0;
    this.#onSealed(bytes);
    if (this.#waitingSlabs > 0) {
      this.#queueSlab(
        this.#tail.then(() => this.#writeUnlessFailed(bytes)),
        bytes.length,
      );
      return;
    }
    const writing = this.#write(bytes);
    if (writing === undefined) this.#noteWritten(bytes.length);
    else this.#queueSlab(writing, bytes.length);
  }

  /** Lets a slab be written in the background and takes another one to fill. */
  #queueSlab(writing: Promise<void> | undefined, sizeBytes: number): void {
    const slab = this.#slab;
    this.#slab = this.#free.pop() ?? new Uint8Array(slabBytes);
    this.#waitingSlabs++;
    this.#tail = this.#finishSlab(writing, slab, sizeBytes);
  }

  /** Never rejects: a failure is kept for the next push or flush. */
  async #finishSlab(writing: Promise<void> | undefined, slab: Uint8Array, sizeBytes: number): Promise<void> {
    try {
      await writing;
      if (this.#failure === undefined) this.#noteWritten(sizeBytes);
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      this.#waitingSlabs--;
      this.#free.push(slab);
    }
  }

  #writeUnlessFailed(bytes: Uint8Array): Promise<void> | undefined {
    return this.#failure === undefined ? this.#write(bytes) : undefined;
  }

  #noteWritten(sizeBytes: number): void {
    this.#writtenBytes += sizeBytes;
    this.#onWritten(this.#writtenBytes);
  }
}
