import { createHash } from 'node:crypto';
import { HoldfastError } from '../../base/index.ts';
import type { SnapshotMessage, SnapshotReceiver } from '../../etcd/client/index.ts';
import { digestBytes, requireWholeSnapshot } from './whole-snapshot.ts';
import { type BatchWriter, WriteQueue } from './write-queue.ts';

export interface VerifiedStream {
  readonly databaseBytes: number;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly version: string;
}

/**
 * Takes the stream apart into database and digest, hashes the database before it is written, and says at the end
 * whether what came is what was announced.
 */
export class SnapshotIntake implements SnapshotReceiver {
  readonly #queue: WriteQueue;
  readonly #onTotal: (totalBytes: number) => void;
  readonly #hash = createHash('sha256');
  readonly #trailer = new Uint8Array(digestBytes);
  /** Database bytes announced by the first message; everything after them is the digest. */
  #announcedBytes: number | undefined;
  #receivedBytes = 0;
  #sealedBytes = 0;
  #version = '';

  /**
   * @param onTotal told once how many bytes are to come altogether, digest included
   * @param onWritten told after each write how many bytes are written altogether
   */
  constructor(
    write: BatchWriter,
    onTotal: (totalBytes: number) => void,
    onWritten: (writtenBytes: number) => void,
  ) {
    this.#queue = new WriteQueue(write, (bytes) => this.#onSealed(bytes), onWritten);
    this.#onTotal = onTotal;
  }

  blob(bytes: Uint8Array): Promise<void> | undefined {
    this.#receivedBytes += bytes.length;
    const announced = this.#announcedBytes;
    if (announced !== undefined && this.#receivedBytes > announced + digestBytes) throw tooLong(announced);
    return this.#queue.push(bytes);
  }

  /** Every byte passes here once, in order. A first message that is not complete yet holds nothing but database. */
  #onSealed(bytes: Uint8Array): void {
    const databaseLeft = (this.#announcedBytes ?? Number.POSITIVE_INFINITY) - this.#sealedBytes;
    const split = Math.min(bytes.length, Math.max(0, databaseLeft));
    this.#hash.update(split === bytes.length ? bytes : bytes.subarray(0, split));
    if (split < bytes.length) this.#trailer.set(bytes.subarray(split), Math.max(0, -databaseLeft));
    this.#sealedBytes += bytes.length;
  }

  message(message: SnapshotMessage): void {
    if (message.version !== '') this.#version = message.version;
    if (this.#announcedBytes !== undefined) return;
    this.#announcedBytes = this.#receivedBytes + message.remainingBytes;
    this.#onTotal(this.#announcedBytes + digestBytes);
  }

  /**
   * Waits for the last write and checks what arrived.
   * Errors: SNAPSHOT_INCOMPLETE, DIGEST_MISSING (with etcdctl's words), DIGEST_MISMATCH; those of the writer.
   */
  async finish(): Promise<VerifiedStream> {
    await this.#queue.flush();
    const databaseBytes = this.#announcedBytes ?? 0;
    const sizeBytes = this.#receivedBytes;
    if (sizeBytes < databaseBytes || databaseBytes === 0) {
      throw new HoldfastError(
        'SNAPSHOT_INCOMPLETE',
        `the stream ended after ${sizeBytes} of ${databaseBytes} bytes`,
        {
          details: { receivedBytes: sizeBytes, announcedBytes: databaseBytes },
        },
      );
    }
    const digest = this.#hash.digest();
    const sha256 = requireWholeSnapshot({ databaseBytes, sizeBytes, digest, trailer: this.#trailer });
    return { databaseBytes, sizeBytes, sha256, version: this.#version };
  }
}

function tooLong(announced: number): HoldfastError {
  return new HoldfastError(
    'RECORD_INVALID',
    `the stream holds more than the ${announced} bytes that it announced`,
    {
      hint: 'Nothing was kept; what answers there does not behave like etcd: check the endpoint.',
    },
  );
}
