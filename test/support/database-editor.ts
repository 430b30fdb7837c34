/**
 * A database file in memory, for tests that damage it: numbers at offsets of pages, meta pages with right checksums.
 * Kept apart from the code under test: it knows the layout of a page, and nothing of what is allowed in it.
 */
export class DatabaseEditor {
  readonly bytes: Uint8Array;
  readonly pageSize: number;
  readonly #view: DataView;

  /** Edits a copy. The file may have any length, with a trailer or cut. */
  constructor(file: Uint8Array, pageSize: number) {
    this.bytes = file.slice();
    this.pageSize = pageSize;
    this.#view = new DataView(this.bytes.buffer);
  }

  page(id: number): Uint8Array {
    return this.bytes.subarray(id * this.pageSize, (id + 1) * this.pageSize);
  }

  u16(page: number, offset: number, value?: number): number {
    const at = page * this.pageSize + offset;
    if (value !== undefined) this.#view.setUint16(at, value, true);
    return this.#view.getUint16(at, true);
  }

  u32(page: number, offset: number, value?: number): number {
    const at = page * this.pageSize + offset;
    if (value !== undefined) this.#view.setUint32(at, value, true);
    return this.#view.getUint32(at, true);
  }

  u64(page: number, offset: number, value?: bigint): bigint {
    const at = page * this.pageSize + offset;
    if (value !== undefined) this.#view.setBigUint64(at, value, true);
    return this.#view.getBigUint64(at, true);
  }

  /** Header fields of a page. */
  header(
    id: number,
    fields: {
      readonly id?: bigint;
      readonly flags?: number;
      readonly count?: number;
      readonly overflow?: number;
    },
  ): this {
    if (fields.id !== undefined) this.u64(id, 0, fields.id);
    if (fields.flags !== undefined) this.u16(id, 8, fields.flags);
    if (fields.count !== undefined) this.u16(id, 10, fields.count);
    if (fields.overflow !== undefined) this.u32(id, 12, fields.overflow);
    return this;
  }

  /** Sets fields of one meta page, or of both, and makes the checksums right again. */
  meta(fields: Partial<Record<MetaField, bigint>>, pages: readonly number[] = [0, 1]): this {
    for (const page of pages) {
      for (const [name, value] of Object.entries(fields) as [MetaField, bigint][]) {
        if (metaFieldSizes[name] === 4) this.u32(page, metaFieldOffsets[name], Number(value));
        else this.u64(page, metaFieldOffsets[name], value);
      }
      this.u64(page, 72, fnv1a64(this.page(page).subarray(16, 72)));
    }
    return this;
  }

  /** Writes a page image: a leaf or branch with the given element words (four u32 each) and data behind them. */
  writePage(id: number, flags: number, elements: readonly (readonly number[])[], data: Uint8Array): this {
    this.page(id).fill(0);
    this.header(id, { id: BigInt(id), flags, count: elements.length, overflow: 0 });
    elements.flat().forEach((word, index) => this.u32(id, 16 + index * 4, word));
    this.bytes.set(data, id * this.pageSize + 16 + elements.length * 16);
    return this;
  }
}

export type MetaField =
  | 'magic'
  | 'version'
  | 'pageSize'
  | 'root'
  | 'sequence'
  | 'freelist'
  | 'pageCount'
  | 'txid';

export const metaFieldOffsets: Readonly<Record<MetaField, number>> = {
  magic: 16,
  version: 20,
  pageSize: 24,
  root: 32,
  sequence: 40,
  freelist: 48,
  pageCount: 56,
  txid: 64,
};

const metaFieldSizes: Partial<Record<MetaField, 4>> = { magic: 4, version: 4, pageSize: 4 };

function fnv1a64(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffff_ffff_ffff_ffffn;
  return hash;
}
