/**
 * The structure check: everything that `bbolt check` looks for, and more, returned as findings.
 *
 * It walks the trees from the root, never the file linearly (free pages hold stale content), remembers each page that
 * it has been to, and so ends on every input, having read no more than the file. Memory is a byte a page at most.
 */
import { type ByteSource, compareBytes, type Finding } from '../../base/index.ts';
import { inlinePage, openBucket, showName } from './bucket.ts';
import { checkFreelist } from './check-freelist.ts';
import { checkMetaPages } from './check-metas.ts';
import { beginWalk, type CheckWalk, maximumFindings } from './check-walk.ts';
import { readMetas } from './meta.ts';
import {
  branchElement,
  type LeafElement,
  leafElement,
  maximumDepth,
  maximumKeySize,
  type Page,
  pageFlags,
  showKey,
  type StructureFault,
} from './page.ts';
import { createPageReader } from './page-reader.ts';

/** Half-open bounds that a parent's keys set: lower ≤ key < upper. */
interface Bounds {
  readonly lower: Uint8Array | undefined;
  readonly upper: Uint8Array | undefined;
}

const unbounded: Bounds = { lower: undefined, upper: undefined };

/** Where in the trees a page is. */
interface Place {
  readonly bounds: Bounds;
  /** Levels below the top of the root tree. */
  readonly depth: number;
  /** In the root tree, which holds buckets and nothing else. */
  readonly isRoot: boolean;
}

/**
 * Checks the structure of a database file. Returns an empty list for a sound one; only an I/O error throws.
 * Findings are `fail`, except what is wrong with one meta page while the other serves, which is `warn`.
 */
export function checkDatabase(source: ByteSource): Finding[] {
  const findings = checkMetaPages(source);
  if (findings.some(({ severity, code }) => severity === 'fail' && code === 'meta-invalid')) return findings;
  const report = (code: StructureFault, message: string, where: Finding['where']) => {
    if (findings.length < maximumFindings)
      findings.push({ severity: 'fail', code, message, ...(where && { where }) });
  };
  const meta = readMetas(source).live;
  const filePages = Math.floor(source.sizeBytes / meta.pageSize);
  if (meta.pageCount > filePages) {
    report('file-too-short', `the meta page counts ${meta.pageCount} pages, the file holds ${filePages}`, {
      sizeBytes: source.sizeBytes,
    });
  }
  const walk = beginWalk(createPageReader(source, meta), report);
  checkTree(walk, meta.rootId, { bounds: unbounded, depth: 0, isRoot: true });
  checkFreelist(walk, meta.freelistId);
  return findings;
}

function checkTree(walk: CheckWalk, id: number, place: Place): void {
  if (place.depth > maximumDepth) {
    walk.report('tree-too-deep', `page ${id}: more than ${maximumDepth} levels below the root`, { page: id });
    return;
  }
  const page = walk.enterPage(id, (own, admit) => walk.pages.readTreePage(own, admit));
  if (page === undefined) return;
  if (page.flags === pageFlags.branch) checkBranch(walk, page, place);
  else checkLeaf(walk, page, place);
}

function checkBranch(walk: CheckWalk, page: Page, { bounds, depth, isRoot }: Place): void {
  if (page.count === 0)
    walk.report('branch-empty', `page ${page.id}: a branch without children`, { page: page.id });
  let before: Uint8Array | undefined;
  for (let index = 0; index < page.count; index++) {
    const { key, childId } = branchElement(page, index);
    const next = index + 1 < page.count ? branchElement(page, index + 1).key : bounds.upper;
    checkKey(walk, page, key, before, bounds);
    checkTree(walk, childId, { bounds: { lower: key, upper: next }, depth: depth + 1, isRoot });
    before = key;
  }
}

function checkLeaf(walk: CheckWalk, page: Page, place: Place): void {
  let before: Uint8Array | undefined;
  for (let index = 0; index < page.count; index++) {
    const element = leafElement(page, index);
    checkKey(walk, page, element.key, before, place.bounds);
    before = element.key;
    if (element.isBucket) walk.guarded(() => checkBucket(walk, element, page.id, place.depth));
    else if (place.isRoot) {
      const bucket = showName(element.key);
      const message = `page ${page.id}: ${bucket} is a plain key where only buckets can be`;
      walk.report('bucket-header', message, { page: page.id, bucket });
    }
  }
}

function checkKey(
  walk: CheckWalk,
  page: Page,
  key: Uint8Array,
  before: Uint8Array | undefined,
  { lower, upper }: Bounds,
): void {
  const report = (fault: StructureFault, what: string) => {
    const shown = showKey(key);
    walk.report(fault, `page ${page.id}: key ${shown} ${what}`, { page: page.id, key: shown });
  };
  if (key.length === 0 || key.length > maximumKeySize) report('key-size', `has ${key.length} bytes`);
  if (before !== undefined && compareBytes(before, key) >= 0)
    report('key-order', 'is not above the key before it');
  if (lower !== undefined && compareBytes(key, lower) < 0)
    report('key-out-of-bounds', 'is below what its parent allows');
  if (upper !== undefined && compareBytes(key, upper) >= 0)
    report('key-out-of-bounds', 'is at or above what its parent allows');
}

function checkBucket(
  walk: CheckWalk,
  { key: name, value }: LeafElement,
  hostId: number,
  depth: number,
): void {
  const bucket = openBucket(walk.pages, name, value);
  const place = { bounds: unbounded, depth: depth + 1, isRoot: false };
  if (bucket.rootId !== undefined) {
    checkTree(walk, bucket.rootId, place);
  } else if (place.depth > maximumDepth) {
    const message = `bucket ${showName(name)}: more than ${maximumDepth} levels below the root`;
    walk.report('tree-too-deep', message, { bucket: showName(name) });
  } else {
    // What is wrong with it is wrong with the page that it lies in.
    checkLeaf(walk, { ...inlinePage(name, value), id: hostId }, place);
  }
}
