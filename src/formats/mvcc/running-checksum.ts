import { crc32c } from '../../base/index.ts';

/**
 * CRC-32C over many small pieces. Pieces that follow each other in memory are joined first: in a leaf page keys and
 * values lie side by side, so a whole page becomes one call.
 */
export class RunningChecksum {
  #crc = 0;
  #buffer: ArrayBufferLike = new ArrayBuffer(0);
  #start = 0;
  #end = 0;

  /** Adds bytes. They are read later: they must not change before `value` is asked for. */
  add(bytes: Uint8Array): void {
    if (bytes.buffer === this.#buffer && bytes.byteOffset === this.#end) {
      this.#end += bytes.length;
      return;
    }
    this.#flush();
    this.#buffer = bytes.buffer;
    this.#start = bytes.byteOffset;
    this.#end = bytes.byteOffset + bytes.length;
  }

  /** The finished CRC of everything added. */
  value(): number {
    this.#flush();
    return this.#crc;
  }

  #flush(): void {
    if (this.#end === this.#start) return;
    this.#crc = crc32c(new Uint8Array(this.#buffer, this.#start, this.#end - this.#start), this.#crc);
    this.#start = this.#end;
  }
}
