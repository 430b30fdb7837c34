import type { Finding } from '../../base/index.ts';
import { beginWalk, type CheckWalk, type Report } from './check-walk.ts';
import type { Database } from './database.ts';
import { decodeFreelist } from './freelist.ts';

/**
 * Checks a stored freelist against what the walk reached: each page is in use or free, and not both. Without a stored
 * one every page not reached is free by definition, and there is nothing to check.
 */
export function checkFreelist(walk: CheckWalk, freelistId: number | undefined): void {
  if (freelistId === undefined) return;
  const page = walk.enterPage(freelistId, (id, admit) => walk.pages.readPage(id, admit));
  const ids = page && walk.guarded(() => decodeFreelist(page));
  if (ids === undefined) return;
  const { pageLimit } = walk.pages;
  const free = new Uint8Array(pageLimit);
  let before = 0;
  for (const id of ids) {
    checkFreeId(walk, free, id, before);
    before = id;
  }
  for (let id = 2; id < pageLimit; id++) {
    if (walk.isReached(id) || free[id] !== 0) continue;
    walk.report('page-unreachable', `page ${id}: neither used nor free`, { page: id });
  }
}

function checkFreeId(walk: CheckWalk, free: Uint8Array, id: number, before: number): void {
  const where = { page: id };
  if (id < 2 || id >= walk.pages.pageLimit) {
    walk.report('freelist', `page ${id}: on the freelist, but out of range`, where);
    return;
  }
  if (free[id] !== 0) walk.report('freelist', `page ${id}: on the freelist twice`, where);
  else if (id < before) walk.report('freelist', `page ${id}: on the freelist behind page ${before}`, where);
  if (walk.isReached(id)) walk.report('page-free-but-used', `page ${id}: on the freelist, but in use`, where);
  free[id] = 1;
}

/**
 * The findings of `checkFreelist` for callers that have walked the trees themselves.
 * @param used a byte for each page, not 0 for pages of the trees; it is written to
 */
export function freelistFindings(database: Database, used: Uint8Array): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (code, message, where) =>
    findings.push({ severity: 'fail', code, message, ...(where && { where }) });
  checkFreelist(beginWalk(database.pages, report, used), database.meta.freelistId);
  return findings;
}
