import {
  branchElement,
  type ChildRef,
  type Database,
  encodeBranch,
  pageFlags,
} from '../../formats/bbolt/index.ts';

/** Pages of one level, and how many elements each has. */
export interface BranchLevel {
  readonly ids: Uint32Array;
  readonly elements: Uint32Array;
}

/** The branches of a bucket, lowest first; none above a single leaf. The tree was found sound by its outline. */
export function branchLevels(database: Database, rootId: number): BranchLevel[] {
  const levels: BranchLevel[] = [];
  let ids = Uint32Array.of(rootId);
  for (;;) {
    if (database.pages.readTreePage(ids[0]!).flags !== pageFlags.branch) return levels.reverse();
    const elements = new Uint32Array(ids.length);
    const children: number[] = [];
    ids.forEach((id, at) => {
      const page = database.pages.readTreePage(id);
      elements[at] = page.count;
      for (let index = 0; index < page.count; index++) children.push(branchElement(page, index).childId);
    });
    levels.push({ ids, elements });
    ids = Uint32Array.from(children);
  }
}

/**
 * Builds a branch from its children and compares. Marks its pages in `written` when they are the same.
 * @param children without a key where it is not the first one of the rows below
 */
export function isBranchAsWritten(
  { source, pageSize }: Database,
  id: number,
  children: readonly { readonly id: number; readonly key: Uint8Array | undefined }[],
  written: Uint8Array,
): boolean {
  if (!children.every((child): child is ChildRef => child.key !== undefined)) return false;
  const built = encodeBranch(id, children, pageSize);
  const pages = built.length / pageSize;
  if (id + pages > written.length || written.subarray(id, id + pages).includes(1)) return false;
  const found = new Uint8Array(built.length);
  if (source.readInto(found, id * pageSize) < found.length || Buffer.compare(built, found) !== 0)
    return false;
  written.fill(1, id, id + pages);
  return true;
}
