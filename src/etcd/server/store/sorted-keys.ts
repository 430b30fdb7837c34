/**
 * Keys in byte order that grow while they are used: blocks of a few hundred, found by halving, split when full.
 *
 * Keys are compared as latin-1 text, one character a byte: its order is that of the bytes, and engines compare it in
 * one call.
 */

const blockLimit = 512;

/** Bytes as text of the same order. */
export function keyText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}

export class SortedKeys<T extends { readonly text: string }> {
  readonly #byText = new Map<string, T>();
  /** Never an empty block. */
  readonly #blocks: T[][] = [];

  get size(): number {
    return this.#byText.size;
  }

  get(text: string): T | undefined {
    return this.#byText.get(text);
  }

  /** Adds an item whose text is not there yet. */
  add(item: T): void {
    this.#byText.set(item.text, item);
    const at = this.#blockOf(item.text);
    const block = this.#blocks[at];
    if (block === undefined) {
      this.#blocks.push([item]);
      return;
    }
    block.splice(lowerBound(block, item.text), 0, item);
    if (block.length > blockLimit) this.#blocks.splice(at + 1, 0, block.splice(blockLimit / 2));
  }

  delete(item: T): void {
    if (!this.#byText.delete(item.text)) return;
    const at = this.#blockOf(item.text);
    const block = this.#blocks[at]!;
    block.splice(lowerBound(block, item.text), 1);
    if (block.length === 0) this.#blocks.splice(at, 1);
  }

  values(): IterableIterator<T> {
    return this.#byText.values();
  }

  /** Items from a text on, up to but not including another, in order. Nothing may be added or deleted meanwhile. */
  *range(from: string, to?: string): Generator<T, undefined> {
    if (this.#blocks.length === 0) return;
    let at = this.#blockOf(from);
    let index = lowerBound(this.#blocks[at]!, from);
    for (; at < this.#blocks.length; at++, index = 0) {
      const block = this.#blocks[at]!;
      for (; index < block.length; index++) {
        const item = block[index]!;
        if (to !== undefined && item.text >= to) return;
        yield item;
      }
    }
  }

  /** The last block that begins at or before a text, or the first one. */
  #blockOf(text: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#blocks[middle]![0]!.text <= text) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

/** Position of the first item that is not below a text. */
function lowerBound(block: readonly { readonly text: string }[], text: string): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (block[middle]!.text < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
