import { isRevisionKeyAt, readUint32At, revisionKeyBytes } from '../../formats/mvcc/index.ts';
import { ContentWriter } from '../encoding/index.ts';
import { rowForms } from './rows.ts';

/** A chunk that is ready to be stored. */
export interface DraftedChunk {
  /** Content of type rows; the caller's. */
  readonly rows: Uint8Array;
  /** Content of its row table; none where a key is no revision. */
  readonly table: Uint8Array | undefined;
  readonly rowCount: number;
  /** Bytes of keys and values. */
  readonly rowBytes: number;
}

/** Gathers the rows of a chunk, without an object for each; the same one serves for chunk after chunk. */
export class ChunkDraft {
  readonly #keys = new ContentWriter(64 << 10);
  readonly #values = new ContentWriter(1 << 20);
  readonly #digests = new ContentWriter(16 << 10);
  readonly #keySizes: number[] = [];
  readonly #valueSizes: number[] = [];
  #isRevisions = true;

  get rowCount(): number {
    return this.#keySizes.length;
  }

  /** Adds a row; nothing is kept of the arguments. Revisions in ascending order, else the chunk is of any keys. */
  add(key: Uint8Array, value: Uint8Array, digest: Uint8Array): void {
    this.#isRevisions &&= isRevisionKeyAt(key, 0, key.length) && this.#ascendsTo(key);
    this.#keys.bytes(key);
    this.#values.bytes(value);
    this.#digests.bytes(digest);
    this.#keySizes.push(key.length);
    this.#valueSizes.push(value.length);
  }

  #ascendsTo(key: Uint8Array): boolean {
    const lastBytes = this.#keySizes.at(-1);
    if (lastBytes === undefined) return true;
    const keys = this.#keys.written();
    const start = keys.length - lastBytes;
    for (const at of [0, 4, 9, 13]) {
      const difference = readUint32At(key, at) - readUint32At(keys, start + at);
      if (difference !== 0) return difference > 0;
    }
    return false;
  }

  /** The chunk; then begins the next one. */
  finish(): DraftedChunk {
    const values = this.#values.written();
    const rowCount = this.rowCount;
    const keyBytes = this.#keys.length;
    const writer = new ContentWriter(keyBytes + values.length + rowCount * 8 + 16);
    this.#encodeKeys(writer);
    const tableEnd = writer.length;
    let table: Uint8Array | undefined;
    if (this.#isRevisions) {
      // The table begins as the chunk does.
      const digests = this.#digests.written();
      table = new Uint8Array(tableEnd + digests.length);
      table.set(writer.written());
      table.set(digests, tableEnd);
    }
    writer.bytes(values);
    const drafted = { rows: writer.written(), table, rowCount, rowBytes: keyBytes + values.length };
    for (const part of [this.#keys, this.#values, this.#digests]) part.clear();
    this.#keySizes.length = 0;
    this.#valueSizes.length = 0;
    this.#isRevisions = true;
    return drafted;
  }

  #encodeKeys(writer: ContentWriter): void {
    writer.byte(this.#isRevisions ? rowForms.revisions : rowForms.anyKeys);
    writer.varint(this.rowCount);
    const keys = this.#keys.written();
    let start = 0;
    let [high, low] = [0, 0];
    for (let row = 0; row < this.rowCount; row++) {
      const end = start + this.#keySizes[row]!;
      const valueBytes = this.#valueSizes[row]!;
      if (this.#isRevisions) {
        const [mainHigh, mainLow] = [readUint32At(keys, start), readUint32At(keys, start + 4)];
        writer.varintHalves(mainHigh - high - (mainLow < low ? 1 : 0), mainLow - low);
        writer.varintHalves(readUint32At(keys, start + 9), readUint32At(keys, start + 13));
        writer.varint(valueBytes * 2 + (end - start > revisionKeyBytes ? 1 : 0));
        [high, low] = [mainHigh, mainLow];
      } else {
        writer.varint(end - start);
        writer.bytes(keys.subarray(start, end));
        writer.varint(valueBytes);
      }
      start = end;
    }
  }
}
