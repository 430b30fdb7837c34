import { formatHex, type Sha256, startSha256 } from '../../base/index.ts';

const endOfBucket = 0xffff_ffff;

/**
 * SHA-256 over buckets and rows, as the record has it: of each bucket the size of its name, the name, its rows and
 * four bytes FF; of each row the size of its key, the key, the size of its value, the value. Sizes have 4 bytes.
 * Dispose it in every case.
 */
export class RowsHash implements AsyncDisposable {
  readonly #sha256: Sha256;
  readonly #number = Buffer.alloc(4);

  /** @param expectedBytes of keys and values, about */
  constructor(expectedBytes: number) {
    this.#sha256 = startSha256(expectedBytes);
  }

  startBucket(name: Uint8Array): void {
    this.#sized(name);
  }

  add(key: Uint8Array, value: Uint8Array): void {
    this.#sized(key);
    this.#sized(value);
  }

  endBucket(): void {
    this.#size(endOfBucket);
  }

  /** Hex. */
  async finish(): Promise<string> {
    return formatHex(await this.#sha256.digest());
  }

  #sized(bytes: Uint8Array): void {
    this.#size(bytes.length);
    this.#sha256.update(bytes);
  }

  #size(value: number): void {
    this.#number.writeUInt32LE(value);
    this.#sha256.update(this.#number);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#sha256[Symbol.asyncDispose]();
  }
}
