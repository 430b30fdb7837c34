/** Takes whole batches of bytes in order. */
export type BatchWriter = (chunks: readonly Uint8Array[], sizeBytes: number) => Promise<void>;

const batchBytes = 1 << 20;
/** Tiny pieces must not pile up by the thousand before they make a batch. */
const batchPieces = 1024;
/** So much may wait for the disk; then the stream waits. */
const highWaterBytes = 8 * batchBytes;

/**
 * Collects pieces into batches and writes them one after the other while more arrive: one system call and one task of
 * the thread pool for many frames.
 */
export class WriteQueue {
  readonly #write: BatchWriter;
  readonly #onWritten: (writtenBytes: number) => void;
  #batch: Uint8Array[] = [];
  #batchBytes = 0;
  #waitingBytes = 0;
  #writtenBytes = 0;
  #tail: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  /** @param onWritten told after each batch how many bytes are written altogether */
  constructor(write: BatchWriter, onWritten: (writtenBytes: number) => void) {
    this.#write = write;
    this.#onWritten = onWritten;
  }

  /** Adds a piece, which must not change any more. Wait for the promise, if there is one, before adding more. */
  push(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#batch.push(bytes);
    this.#batchBytes += bytes.length;
    if (this.#batchBytes < batchBytes && this.#batch.length < batchPieces) return undefined;
    this.#startBatch();
    return this.#waitingBytes > highWaterBytes ? this.drain() : undefined;
  }

  /** Resolves when everything pushed so far is written. */
  async drain(): Promise<void> {
    this.#startBatch();
    await this.#tail;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #startBatch(): void {
    if (this.#batchBytes === 0) return;
    const batch = this.#batch;
    const sizeBytes = this.#batchBytes;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#waitingBytes += sizeBytes;
    // The tail never rejects: a failure is kept for the next push or drain.
    this.#tail = this.#tail.then(() => this.#writeBatch(batch, sizeBytes));
  }

  async #writeBatch(batch: readonly Uint8Array[], sizeBytes: number): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await this.#write(batch, sizeBytes);
      this.#writtenBytes += sizeBytes;
      this.#onWritten(this.#writtenBytes);
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#waitingBytes -= sizeBytes;
    }
  }
}
