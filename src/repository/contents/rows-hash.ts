import { createHash } from 'node:crypto';

const batchBytes = 256 << 10;
const endOfBucket = 0xffff_ffff;

/**
 * SHA-256 over buckets and rows, as the record has it: of each bucket the size of its name, the name, its rows and
 * four bytes FF; of each row the size of its key, the key, the size of its value, the value. Sizes have 4 bytes.
 */
export class RowsHash {
  readonly #hash = createHash('sha256');
  readonly #batch = Buffer.alloc(batchBytes);
  #batched = 0;

  startBucket(name: Uint8Array): void {
    this.#sized(name);
  }

  add(key: Uint8Array, value: Uint8Array): void {
    this.#sized(key);
    this.#sized(value);
  }

  endBucket(): void {
    this.#number(endOfBucket);
  }

  /** Hex. */
  finish(): string {
    this.#flush();
    return this.#hash.digest('hex');
  }

  #sized(bytes: Uint8Array): void {
    this.#number(bytes.length);
    if (bytes.length > batchBytes - this.#batched) this.#flush();
    if (bytes.length > batchBytes) {
      this.#hash.update(bytes);
      return;
    }
    this.#batch.set(bytes, this.#batched);
    this.#batched += bytes.length;
  }

  #number(value: number): void {
    if (this.#batched + 4 > batchBytes) this.#flush();
    this.#batched = this.#batch.writeUInt32LE(value, this.#batched);
  }

  #flush(): void {
    this.#hash.update(this.#batch.subarray(0, this.#batched));
    this.#batched = 0;
  }
}
