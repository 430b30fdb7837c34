import { damaged } from '../failures.ts';
import type { Layout } from './layout.ts';

/** Takes bytes at offsets, in any order. Not kept. */
export type PageSink = (bytes: Uint8Array, offset: number) => void;

const batchBytes = 1 << 20;

/** Puts pages into their places, neighbours together, and knows which have none yet. */
export class PageOutput {
  readonly #layout: Layout;
  readonly #write: PageSink;
  readonly #what: string;
  readonly #written: Uint8Array;
  readonly #batch = new Uint8Array(batchBytes);
  #batchOffset = 0;
  #batched = 0;
  /** Pages below this one are written. */
  #nextOther = 0;

  constructor(layout: Layout, write: PageSink, what: string) {
    this.#layout = layout;
    this.#write = write;
    this.#what = what;
    this.#written = new Uint8Array(layout.pageCount);
  }

  /** A page with its overflow. */
  put(id: number, bytes: Uint8Array): void {
    const { pageSize, pageCount } = this.#layout;
    const end = id + bytes.length / pageSize;
    if (end > pageCount || this.#written.subarray(id, end).includes(1))
      throw damaged(this.#what, `puts two pages in one place (${id})`);
    this.#written.fill(1, id, end);
    this.#append(bytes, id * pageSize);
  }

  /** The next of the pages that are not put otherwise. */
  putOthers(pages: Uint8Array): void {
    const { pageSize, pageCount } = this.#layout;
    if (pages.length % pageSize !== 0) throw damaged(this.#what, 'names a chunk that ends within a page');
    for (let at = 0; at < pages.length; at += pageSize) {
      this.#skipWritten();
      if (this.#nextOther >= pageCount) throw damaged(this.#what, 'names more pages than it has room for');
      this.#append(pages.subarray(at, at + pageSize), this.#nextOther++ * pageSize);
    }
  }

  #skipWritten(): void {
    while (this.#nextOther < this.#written.length && this.#written[this.#nextOther] === 1) this.#nextOther++;
  }

  /** Writes the tail. Returns the size of the file. */
  finish(): number {
    const { pageSize, pageCount, tail } = this.#layout;
    this.#skipWritten();
    if (this.#nextOther < pageCount) throw damaged(this.#what, `has nothing for page ${this.#nextOther}`);
    this.#append(tail, pageCount * pageSize);
    this.#flush();
    return pageCount * pageSize + tail.length;
  }

  #append(bytes: Uint8Array, offset: number): void {
    const follows = offset === this.#batchOffset + this.#batched;
    if (!follows || this.#batched + bytes.length > batchBytes) this.#flush();
    if (bytes.length > batchBytes) {
      this.#write(bytes, offset);
      return;
    }
    if (this.#batched === 0) this.#batchOffset = offset;
    this.#batch.set(bytes, this.#batched);
    this.#batched += bytes.length;
  }

  #flush(): void {
    if (this.#batched > 0) this.#write(this.#batch.subarray(0, this.#batched), this.#batchOffset);
    this.#batched = 0;
  }
}
