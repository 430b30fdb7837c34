import {
  branchBytes,
  branchItemSize,
  type ChildRef,
  leafBytes,
  leafItemSize,
  type PageRoom,
  writeBranch,
  writeLeaf,
} from './encode-page.ts';
import { type PackLimits, TreePacker, type TreeShape } from './pack-tree.ts';
import { type LeafElement, pageHeaderSize } from './page.ts';

/** Gives pages their ids and takes their bytes. */
export interface PageAppender {
  append(usedBytes: number, write: (room: PageRoom, id: number) => void): number;
}

/** Share of a leaf that is filled, as etcd's defragmentation fills its pages. */
const fillShare = 0.9;

/** Largest content of a bucket that is kept inside the root: a quarter of a page, as bbolt has it. */
function inlineLimit(pageSize: number): number {
  return pageSize / 4;
}

export function limitsOf(pageSize: number, fill = fillShare): PackLimits {
  return { fillBytes: Math.floor(pageSize * fill), pageSize };
}

/** Leaves and branches written as they fill. */
export function writingShape(output: PageAppender): TreeShape<LeafElement, ChildRef> {
  return {
    itemBytes: leafItemSize,
    childBytes: branchItemSize,
    leaf: (items) => {
      const id = output.append(leafBytes(items), (room, own) => writeLeaf(room, own, items));
      // A copy: what the key is a view of need not stay for as long as the tree grows.
      return { key: items[0]?.key.slice() ?? new Uint8Array(0), id };
    },
    branch: (children) => ({
      key: children[0]!.key,
      id: output.append(branchBytes(children), (room, own) => writeBranch(room, own, children)),
    }),
  };
}

/** A bucket's items until it is known whether they are few enough to stay inside the root. */
export class BucketContent<Item, Child> {
  readonly #shape: TreeShape<Item, Child>;
  readonly #limitBytes: number;
  readonly #tree: TreePacker<Item, Child>;
  #head: Item[] | undefined = [];
  #headBytes = pageHeaderSize;

  constructor(shape: TreeShape<Item, Child>, pageSize: number, limits = limitsOf(pageSize)) {
    this.#shape = shape;
    this.#limitBytes = inlineLimit(pageSize);
    this.#tree = new TreePacker(shape, limits);
  }

  add(item: Item): void {
    if (this.#head === undefined) {
      this.#tree.add(item);
      return;
    }
    this.#head.push(item);
    this.#headBytes += this.#shape.itemBytes(item);
    if (this.#headBytes <= this.#limitBytes) return;
    for (const early of this.#head) this.#tree.add(early);
    this.#head = undefined;
  }

  /** All items when they are to stay inside the root. */
  inlined(): readonly Item[] | undefined {
    return this.#head;
  }

  finish(): Child {
    return this.#tree.finish();
  }
}
