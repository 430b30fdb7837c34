import { type ChildRef, encodeBranch, encodeLeaf, type LeafElement } from '../../formats/bbolt/index.ts';
import { damaged } from '../failures.ts';
import type { BucketLayout, Layout } from './layout.ts';
import { PageOutput, type PageSink } from './page-output.ts';

/**
 * Writes a file again: the pages of its rows while these pass by in the order of the recipe, then all others, then the
 * tail. Keeps the leaf and the branches that are not yet full, and a byte for each page of the file.
 *
 * Errors: REPOSITORY_DAMAGED when rows or pages are not those of the layout; those of the sink.
 */
export class LayoutWriter {
  readonly #layout: Layout;
  readonly #what: string;
  readonly #output: PageOutput;
  #bucket = 0;

  /** @param what how messages call the layout */
  constructor(layout: Layout, write: PageSink, what: string) {
    this.#layout = layout;
    this.#what = what;
    this.#output = new PageOutput(layout, write, what);
  }

  /** Begins the next bucket of the recipe. */
  startBucket(): BucketPages {
    const levels = this.#layout.buckets[this.#bucket++];
    if (levels === undefined) throw damaged(this.#what, 'has fewer buckets than the recipe');
    return new BucketPages(levels, this.#layout.pageSize, this.#output, this.#what);
  }

  /** Writes what is no page of rows; these come after all rows. Returns the size of the file. */
  async finish(pageChunks: AsyncIterable<Uint8Array>): Promise<number> {
    if (this.#bucket !== this.#layout.buckets.length)
      throw damaged(this.#what, 'has more buckets than the recipe');
    for await (const chunk of pageChunks) this.#output.putOthers(chunk);
    return this.#output.finish();
  }
}

/** The pages of one bucket, written as they fill. */
export class BucketPages {
  readonly #levels: BucketLayout;
  readonly #pageSize: number;
  readonly #output: PageOutput;
  readonly #what: string;
  /** Of each level: the page that is being filled, and for branches what is in it so far. */
  readonly #at: number[];
  readonly #children: ChildRef[][];
  #rows: LeafElement[] = [];

  constructor(levels: BucketLayout, pageSize: number, output: PageOutput, what: string) {
    this.#levels = levels;
    this.#pageSize = pageSize;
    this.#output = output;
    this.#what = what;
    this.#at = levels.map(() => 0);
    this.#children = levels.map(() => []);
    this.#endFullLeaves();
  }

  /** Adds the next row; both are kept until their page is full. */
  add(key: Uint8Array, value: Uint8Array): void {
    const leaves = this.#levels[0];
    if (leaves === undefined) return;
    if (this.#at[0]! >= leaves.ids.length) throw damaged(this.#what, 'has fewer rows than the recipe');
    this.#rows.push({ key, value, isBucket: false });
    this.#endFullLeaves();
  }

  /** Ends the leaf when it has all of its rows, and then those that have none. */
  #endFullLeaves(): void {
    const leaves = this.#levels[0];
    if (leaves === undefined) return;
    for (let at = this.#at[0]!; leaves.elements[at] === this.#rows.length; at = ++this.#at[0]!) {
      const id = leaves.ids[at]!;
      const rows = this.#rows;
      // A copy: the key need not keep the chunk alive for as long as the branches above are open.
      const key = rows[0]?.key.slice();
      if (leaves.kept[at] === 0) this.#output.put(id, encodeLeaf(id, rows, this.#pageSize));
      this.#rows = [];
      this.#endPage(1, { id, key: key ?? new Uint8Array(0) });
    }
  }

  /** Adds a child to the branch of a level that is being filled. */
  #endPage(level: number, child: ChildRef): void {
    const branches = this.#levels[level];
    if (branches === undefined) return;
    const children = this.#children[level]!;
    const at = this.#at[level]!;
    children.push(child);
    if (children.length < branches.elements[at]!) return;
    const id = branches.ids[at]!;
    if (branches.kept[at] === 0) this.#output.put(id, encodeBranch(id, children, this.#pageSize));
    this.#children[level] = [];
    this.#at[level] = at + 1;
    this.#endPage(level + 1, { id, key: children[0]!.key });
  }

  finish(): void {
    const isWhole = this.#levels.every(({ ids }, level) => this.#at[level] === ids.length);
    if (!isWhole || this.#rows.length > 0) throw damaged(this.#what, 'has more rows than the recipe');
  }
}
