/**
 * Keys in byte order that grow while they are used: blocks of a few hundred, found by halving, split when full. Each
 * item has a weight, and blocks know the sum of theirs: the weight of a range is found without looking at all of it.
 *
 * Keys are compared as latin-1 text, one character a byte: its order is that of the bytes, and engines compare it in
 * one call.
 */

const blockLimit = 512;

/** Bytes as text of the same order. */
export function keyText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}

export interface SortedItem {
  readonly text: string;
  /** Changed by `setWeight` alone. */
  weight: number;
}

interface Block<T> {
  /** Never none. */
  readonly items: T[];
  weight: number;
}

export class SortedKeys<T extends SortedItem> {
  readonly #byText = new Map<string, T>();
  readonly #blocks: Block<T>[] = [];

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
      this.#blocks.push(blockOf([item]));
      return;
    }
    const { items } = block;
    items.splice(lowerBound(items, item.text), 0, item);
    block.weight += item.weight;
    if (items.length <= blockLimit) return;
    const upper = blockOf(items.splice(blockLimit / 2));
    block.weight -= upper.weight;
    this.#blocks.splice(at + 1, 0, upper);
  }

  delete(item: T): void {
    if (!this.#byText.delete(item.text)) return;
    const at = this.#blockOf(item.text);
    const block = this.#blocks[at]!;
    block.items.splice(lowerBound(block.items, item.text), 1);
    block.weight -= item.weight;
    if (block.items.length === 0) this.#blocks.splice(at, 1);
  }

  /** Changes the weight of an item that is there. */
  setWeight(item: T, weight: number): void {
    if (item.weight === weight) return;
    this.#blocks[this.#blockOf(item.text)]!.weight += weight - item.weight;
    item.weight = weight;
  }

  values(): IterableIterator<T> {
    return this.#byText.values();
  }

  /** Items from a text on, up to but not including another, in order. Nothing may be added or deleted meanwhile. */
  *range(from: string, to?: string): Generator<T, undefined> {
    if (this.#blocks.length === 0) return;
    let at = this.#blockOf(from);
    let index = lowerBound(this.#blocks[at]!.items, from);
    for (; at < this.#blocks.length; at++, index = 0) {
      const { items } = this.#blocks[at]!;
      for (; index < items.length; index++) {
        const item = items[index]!;
        if (to !== undefined && item.text >= to) return;
        yield item;
      }
    }
  }

  /** Sum of the weights of `range`. */
  weightOf(from: string, to?: string): number {
    let weight = 0;
    for (let at = this.#blockOf(from); at < this.#blocks.length; at++) {
      const { items, weight: all } = this.#blocks[at]!;
      if (to !== undefined && items[0]!.text >= to) break;
      const start = lowerBound(items, from);
      const end = to === undefined ? items.length : lowerBound(items, to);
      if (start === 0 && end === items.length) weight += all;
      else for (let i = start; i < end; i++) weight += items[i]!.weight;
    }
    return weight;
  }

  /** The last block that begins at or before a text, or the first one. */
  #blockOf(text: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#blocks[middle]!.items[0]!.text <= text) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

function blockOf<T extends SortedItem>(items: T[]): Block<T> {
  return { items, weight: items.reduce((sum, { weight }) => sum + weight, 0) };
}

/** Position of the first item that is not below a text. */
function lowerBound(items: readonly { readonly text: string }[], text: string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (items[middle]!.text < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
