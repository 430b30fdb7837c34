/**
 * Fills pages of a tree from below as items come, one page of each level at a time: the packing rules of the bulk
 * builder, for items or for their sizes alone.
 */
import { leastCount, maximumCount } from './encode-page.ts';
import { pageHeaderSize } from './page.ts';

/** What is packed, and what becomes of a full page. */
export interface TreeShape<Item, Child> {
  itemBytes(item: Item): number;
  childBytes(child: Child): number;
  /** Places a leaf; returns what the level above keeps of it. */
  leaf(items: readonly Item[]): Child;
  branch(children: readonly Child[]): Child;
}

export interface PackLimits {
  /** Bytes up to which a leaf is filled. */
  readonly fillBytes: number;
  readonly pageSize: number;
}

interface Run<T> {
  items: T[];
  usedBytes: number;
}

export class TreePacker<Item, Child> {
  readonly #shape: TreeShape<Item, Child>;
  readonly #limits: PackLimits;
  #leaf: Run<Item> = { items: [], usedBytes: pageHeaderSize };
  /** From the bottom up. */
  readonly #branches: Run<Child>[] = [];

  constructor(shape: TreeShape<Item, Child>, limits: PackLimits) {
    this.#shape = shape;
    this.#limits = limits;
  }

  add(item: Item): void {
    const bytes = this.#shape.itemBytes(item);
    const run = this.#leaf;
    const isFull = run.usedBytes + bytes > this.#limits.fillBytes || run.items.length >= maximumCount;
    if (run.items.length >= leastCount && isFull) this.#flushLeaf();
    this.#leaf.items.push(item);
    this.#leaf.usedBytes += bytes;
  }

  /** Places what is left; returns the top page. An empty tree is an empty leaf. */
  finish(): Child {
    if (this.#branches.length === 0) return this.#shape.leaf(this.#leaf.items);
    this.#flushLeaf();
    for (let level = 0; ; level++) {
      const run = this.#branches[level]!;
      const isTop = level === this.#branches.length - 1;
      if (isTop && run.items.length === 1) return run.items[0]!;
      this.#flushBranch(level);
    }
  }

  #flushLeaf(): void {
    const { items } = this.#leaf;
    this.#leaf = { items: [], usedBytes: pageHeaderSize };
    this.#addChild(0, this.#shape.leaf(items));
  }

  #addChild(level: number, child: Child): void {
    const bytes = this.#shape.childBytes(child);
    const run = (this.#branches[level] ??= { items: [], usedBytes: pageHeaderSize });
    const isFull = run.usedBytes + bytes > this.#limits.pageSize || run.items.length >= maximumCount;
    if (run.items.length >= leastCount && isFull) this.#flushBranch(level);
    const open = this.#branches[level];
    open.items.push(child);
    open.usedBytes += bytes;
  }

  #flushBranch(level: number): void {
    const { items } = this.#branches[level]!;
    this.#branches[level] = { items: [], usedBytes: pageHeaderSize };
    this.#addChild(level + 1, this.#shape.branch(items));
  }
}
