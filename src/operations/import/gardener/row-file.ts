import { closeSync, openSync } from 'node:fs';
import { fileError, HoldfastError, readFully, writeFully } from '../../../base/index.ts';
import type { StoreEntry } from '../../../formats/mvcc/index.ts';

const headBytes = 8;
const batchBytes = 1 << 20;

/** Rows put aside on the disk, in the order in which they came. Dispose it; the file is the caller's to remove. */
export class RowFile implements Disposable {
  readonly #path: string;
  readonly #fd: number;
  #batch: Uint8Array[] = [];
  #batchedBytes = 0;
  #sizeBytes = 0;

  constructor(path: string) {
    this.#path = path;
    try {
      this.#fd = openSync(path, 'wx+', 0o600);
    } catch (error) {
      throw fileError(error, 'create', path);
    }
  }

  /** Errors: DISK_FULL, WRITE_FAILED. */
  append(key: Uint8Array, value: Uint8Array): void {
    const head = new Uint8Array(headBytes);
    const view = new DataView(head.buffer);
    view.setUint32(0, key.length);
    view.setUint32(4, value.length);
    this.#batch.push(head, key, value);
    this.#batchedBytes += headBytes + key.length + value.length;
    if (this.#batchedBytes >= batchBytes) this.#flush();
  }

  /** All rows; each is a view of its own that stays as it is. */
  *rows(): Generator<StoreEntry> {
    this.#flush();
    let buffer = new Uint8Array(0);
    let at = 0;
    let offset = 0;
    while (offset < this.#sizeBytes) {
      const ready = (wanted: number) => {
        if (at + wanted <= buffer.length) return;
        buffer = new Uint8Array(Math.max(wanted, Math.min(batchBytes, this.#sizeBytes - offset)));
        if (readFully(this.#fd, buffer, offset) < wanted)
          throw new HoldfastError('DEFECT', `rows put aside in ${this.#path} are gone`);
        at = 0;
      };
      ready(headBytes);
      const view = new DataView(buffer.buffer, buffer.byteOffset + at);
      const [keyBytes, valueBytes] = [view.getUint32(0), view.getUint32(4)];
      ready(headBytes + keyBytes + valueBytes);
      const keyAt = at + headBytes;
      const end = keyAt + keyBytes + valueBytes;
      yield { key: buffer.subarray(keyAt, keyAt + keyBytes), value: buffer.subarray(keyAt + keyBytes, end) };
      offset += end - at;
      at = end;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #flush(): void {
    if (this.#batchedBytes === 0) return;
    const bytes = Buffer.concat(this.#batch);
    try {
      writeFully(this.#fd, bytes, this.#sizeBytes);
    } catch (error) {
      throw fileError(error, 'write', this.#path);
    }
    this.#sizeBytes += bytes.length;
    this.#batch = [];
    this.#batchedBytes = 0;
  }
}
