import { createHash } from 'node:crypto';
import { digestBytes, requireWholeSnapshot } from './whole-snapshot.ts';
import { type BatchWriter, WriteQueue } from './write-queue.ts';

/** What came, once it is known to be whole. */
export interface CheckedStream {
  readonly databaseBytes: number;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Takes a snapshot of a length that nobody announced: the last 32 bytes are the digest of all before them. */
export class StreamIntake {
  readonly #queue: WriteQueue;
  readonly #hash = createHash('sha256');
  /** The last bytes so far, at most 32: whether they are database or digest is not known yet. */
  #held: Uint8Array = new Uint8Array(0);
  #receivedBytes = 0;

  /** @param onWritten told after each write how many bytes are written altogether */
  constructor(write: BatchWriter, onWritten: (writtenBytes: number) => void) {
    this.#queue = new WriteQueue(write, (bytes) => this.#onSealed(bytes), onWritten);
  }

  /** Copies a piece. Wait for the promise, if there is one, before pushing much more. Throws what a write threw. */
  push(bytes: Uint8Array): Promise<void> | undefined {
    this.#receivedBytes += bytes.length;
    return this.#queue.push(bytes);
  }

  #onSealed(bytes: Uint8Array): void {
    const known = Math.max(0, this.#held.length + bytes.length - digestBytes);
    const fromHeld = Math.min(known, this.#held.length);
    this.#hash.update(this.#held.subarray(0, fromHeld));
    this.#hash.update(bytes.subarray(0, known - fromHeld));
    this.#held = Buffer.concat([this.#held.subarray(fromHeld), bytes.subarray(known - fromHeld)]);
  }

  /** Waits for the last write and checks what arrived. Errors: those of `requireWholeSnapshot` and of the writer. */
  async finish(): Promise<CheckedStream> {
    await this.#queue.flush();
    const sizeBytes = this.#receivedBytes;
    const databaseBytes = Math.max(0, sizeBytes - digestBytes);
    const sha256 = requireWholeSnapshot({
      databaseBytes,
      sizeBytes,
      digest: this.#hash.digest(),
      trailer: this.#held,
    });
    return { databaseBytes, sizeBytes, sha256 };
  }
}
