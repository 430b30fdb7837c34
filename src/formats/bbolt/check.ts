/**
 * The structure check: everything that `bbolt check` looks for, and more, returned as findings.
 *
 * It walks the trees from the root, never the file linearly (free pages hold stale content), remembers each page that
 * it has been to, and so ends on every input. Memory is one bit a page.
 */
import { type ByteSource, compareBytes, type Finding, HoldfastError, hasCode } from '../../base/index.ts';
import { type Bucket, bucketHeaderSize, inlinePage, openBucket, showName } from './bucket.ts';
import { decodeFreelist } from './freelist.ts';
import { isValidMeta, type Meta, readMetas } from './meta.ts';
import {
  branchElement,
  leafElement,
  maximumDepth,
  type Page,
  pageFlags,
  showKey,
  type StructureFault,
} from './page.ts';
import { createPageReader, type PageReader } from './page-reader.ts';

/** Findings kept; a file damaged everywhere would otherwise return one for each page. */
const maximumFindings = 1000;
/** bbolt's MaxKeySize. */
const maximumKeySize = 32768;

/** Half-open bounds that a parent's keys set: lower ≤ key < upper. */
interface Bounds {
  readonly lower: Uint8Array | undefined;
  readonly upper: Uint8Array | undefined;
}

const unbounded: Bounds = { lower: undefined, upper: undefined };

interface Walk {
  readonly pages: PageReader;
  readonly pageLimit: number;
  /** One bit a page: reached from the root. */
  readonly reached: Uint8Array;
  readonly report: (fault: StructureFault, message: string, where: Finding['where']) => void;
}

/**
 * Checks the structure of a database file. Returns an empty list for a sound one; only an I/O error throws.
 * Findings are `fail`, except one damaged meta page out of two, which is `warn`: the other one serves.
 */
export function checkDatabase(source: ByteSource): Finding[] {
  const findings: Finding[] = [];
  const add = (finding: Finding) => {
    if (findings.length < maximumFindings) findings.push(finding);
  };
  const report: Walk['report'] = (code, message, where) =>
    add({ severity: 'fail', code, message, ...(where && { where }) });
  const meta = checkMetas(source, add);
  if (meta === undefined) return findings;
  const filePages = Math.floor(source.sizeBytes / meta.pageSize);
  if (meta.pageCount > filePages) {
    report('file-too-short', `the meta page counts ${meta.pageCount} pages, the file holds ${filePages}`, {
      sizeBytes: source.sizeBytes,
    });
  }
  const pageLimit = Math.min(meta.pageCount, filePages);
  const walk = {
    pages: createPageReader(source, meta),
    pageLimit,
    reached: new Uint8Array(Math.ceil(pageLimit / 8)),
    report,
  };
  checkTree(walk, meta.rootId, unbounded, 0);
  checkFreelist(walk, meta);
  return findings;
}

function checkMetas(source: ByteSource, add: (finding: Finding) => void): Meta | undefined {
  try {
    const { live, pages } = readMetas(source);
    pages.forEach((meta, id) => {
      if (isValidMeta(meta) && meta.pageSize === live.pageSize) return;
      const reason = isValidMeta(meta) ? 'another page size' : meta.reason;
      const message = `meta page ${id} is damaged (${reason}); the other one is used`;
      add({ severity: 'warn', code: 'meta-invalid', message, where: { page: id } });
    });
    return live;
  } catch (error) {
    if (!hasCode(error, 'NOT_A_DATABASE')) throw error;
    add({ severity: 'fail', code: 'meta-invalid', message: error.message });
    return undefined;
  }
}

function checkTree(walk: Walk, id: number, bounds: Bounds, depth: number): void {
  if (depth > maximumDepth) {
    walk.report('tree-too-deep', `page ${id}: more than ${maximumDepth} levels below the root`, { page: id });
    return;
  }
  const page = enterPage(walk, id, (pageId) => walk.pages.readTreePage(pageId));
  if (page === undefined) return;
  guarded(walk, () => {
    if (page.flags === pageFlags.branch) checkBranch(walk, page, bounds, depth);
    else checkLeaf(walk, page, bounds, depth);
  });
}

/** Reads a page and marks it, with its overflow, as reached; undefined when that is impossible or happened before. */
function enterPage(walk: Walk, id: number, read: (id: number) => Page): Page | undefined {
  const page = guarded(walk, () => read(id));
  if (page === undefined) return undefined;
  for (let own = id; own <= id + page.overflow; own++) {
    if (own >= walk.pageLimit) break;
    if (isReached(walk, own)) {
      walk.report('page-twice', `page ${own}: used more than once`, { page: own });
      return undefined;
    }
    walk.reached[own >> 3]! |= 1 << (own & 7);
  }
  return page;
}

function isReached(walk: Walk, id: number): boolean {
  return (walk.reached[id >> 3]! & (1 << (id & 7))) !== 0;
}

/** Turns a DATABASE_CORRUPT thrown below into a finding. */
function guarded<T>(walk: Walk, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'DATABASE_CORRUPT') throw error;
    const { fault, ...where } = error.details;
    walk.report(fault as StructureFault, error.message, where as Finding['where']);
    return undefined;
  }
}

function checkBranch(walk: Walk, page: Page, bounds: Bounds, depth: number): void {
  if (page.count === 0)
    walk.report('branch-empty', `page ${page.id}: a branch without children`, { page: page.id });
  const elements = Array.from({ length: page.count }, (_, index) => branchElement(page, index));
  elements.forEach(({ key, childId }, index) => {
    checkKey(walk, page, key, elements[index - 1]?.key, bounds);
    checkTree(walk, childId, { lower: key, upper: elements[index + 1]?.key ?? bounds.upper }, depth + 1);
  });
}

function checkLeaf(walk: Walk, page: Page, bounds: Bounds, depth: number): void {
  let before: Uint8Array | undefined;
  for (let index = 0; index < page.count; index++) {
    const element = leafElement(page, index);
    checkKey(walk, page, element.key, before, bounds);
    before = element.key;
    if (element.isBucket) guarded(walk, () => checkBucket(walk, element.key, element.value, depth));
  }
}

function checkKey(
  walk: Walk,
  page: Page,
  key: Uint8Array,
  before: Uint8Array | undefined,
  bounds: Bounds,
): void {
  const where = { page: page.id, key: showKey(key) };
  if (key.length === 0 || key.length > maximumKeySize) {
    walk.report('key-size', `page ${page.id}: a key of ${key.length} bytes`, where);
  }
  if (before !== undefined && compareBytes(before, key) >= 0) {
    walk.report('key-order', `page ${page.id}: key ${where.key} is not above the key before it`, where);
  }
  const { lower, upper } = bounds;
  const tooLow = lower !== undefined && compareBytes(key, lower) < 0;
  const tooHigh = upper !== undefined && compareBytes(key, upper) >= 0;
  if (tooLow || tooHigh) {
    const side = tooLow ? 'below' : 'at or above';
    walk.report(
      'key-out-of-bounds',
      `page ${page.id}: key ${where.key} is ${side} what its parent allows`,
      where,
    );
  }
}

function checkBucket(walk: Walk, name: Uint8Array, value: Uint8Array, depth: number): void {
  const bucket: Bucket = openBucket(walk.pages, name, value);
  if (bucket.rootId === undefined) {
    checkLeaf(walk, inlinePage(name, value), unbounded, depth + 1);
    return;
  }
  if (value.length !== bucketHeaderSize) {
    walk.report(
      'bucket-header',
      `bucket ${showName(name)}: ${value.length - bucketHeaderSize} bytes after its header`,
      {
        bucket: showName(name),
      },
    );
  }
  checkTree(walk, bucket.rootId, unbounded, depth + 1);
}

/** Stored freelist against what the walk reached. Without one, every page not reached is free by definition. */
function checkFreelist(walk: Walk, meta: Meta): void {
  if (meta.freelistId === undefined) return;
  const page = enterPage(walk, meta.freelistId, (id) => walk.pages.readPage(id));
  if (page === undefined) return;
  const free = new Uint8Array(walk.reached.length);
  guarded(walk, () => {
    for (const id of decodeFreelist(page)) checkFreeId(walk, free, id);
  });
  for (let id = 2; id < walk.pageLimit; id++) {
    if (isReached(walk, id) || (free[id >> 3]! & (1 << (id & 7))) !== 0) continue;
    walk.report('page-unreachable', `page ${id}: neither used nor free`, { page: id });
  }
}

function checkFreeId(walk: Walk, free: Uint8Array, id: number): void {
  const where = { page: id };
  if (id < 2 || id >= walk.pageLimit) {
    walk.report('freelist', `page ${id}: on the freelist, but out of range`, where);
    return;
  }
  if ((free[id >> 3]! & (1 << (id & 7))) !== 0)
    walk.report('freelist', `page ${id}: on the freelist twice`, where);
  if (isReached(walk, id))
    walk.report('page-free-but-used', `page ${id}: on the freelist, but in use`, where);
  free[id >> 3]! |= 1 << (id & 7);
}
