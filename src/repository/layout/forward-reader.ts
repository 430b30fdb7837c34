import { type ByteSource, HoldfastError } from '../../base/index.ts';

const blockBytes = 1 << 20;

/** Reads a file from front to back in large blocks, into one buffer. */
export class ForwardReader {
  readonly #source: ByteSource;
  #bytes = Buffer.alloc(blockBytes);
  #view = new DataView(this.#bytes.buffer);
  #start = 0;
  #length = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** The buffer; what lies in it changes with the next read. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get view(): DataView {
    return this.#view;
  }

  /** Where in the buffer these bytes of the file are now. Errors: FILE_NOT_READABLE, DATABASE_CORRUPT. */
  read(offset: number, sizeBytes: number): number {
    const at = offset - this.#start;
    if (at >= 0 && at + sizeBytes <= this.#length) return at;
    if (sizeBytes > this.#bytes.length) {
      this.#bytes = Buffer.alloc(sizeBytes);
      this.#view = new DataView(this.#bytes.buffer);
    }
    this.#length = this.#source.readInto(this.#bytes, offset);
    this.#start = offset;
    if (this.#length < sizeBytes)
      throw new HoldfastError('DATABASE_CORRUPT', `${this.#source.name} ends within a page`, {
        details: { path: this.#source.name, offset },
      });
    return 0;
  }
}
