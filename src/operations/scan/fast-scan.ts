/**
 * The fast scan: structure, hash and counts of a database in one pass over the file, read in disk order.
 *
 * It only ever says "sound, and these are the numbers". Whatever it does not recognise as sound goes to the full
 * check, which walks in tree order and explains.
 */
import {
  combineCrc32c,
  crc32c,
  equalBytes,
  fileError,
  type FileSource,
  hasCode,
  type OperationContext,
  utf8,
} from '../../base/index.ts';
import {
  type Database,
  freelistFindings,
  openDatabase,
  type Outline,
  outlineDatabase,
} from '../../formats/bbolt/index.ts';
import {
  keyCountRule,
  type KeyCountRule,
  readStorageVersion,
  statusNumbers,
} from '../../formats/mvcc/index.ts';
import type { DatabaseScan, ScanOptions } from './database-scan.ts';
import { defaultBlockBytes, hasFault, type ScanJob } from './scan-job.ts';
import { startScanCrew } from './scan-threads.ts';

/**
 * The numbers of a file that is recognised as sound, else undefined.
 * Throws FILE_NOT_READABLE, INTERRUPTED, RECORD_INVALID (a row of a small `key` bucket is no etcd record).
 */
export async function fastScan(
  file: FileSource,
  ctx: OperationContext,
  options: ScanOptions,
): Promise<DatabaseScan | undefined> {
  try {
    const database = openDatabase(file);
    await using crew = startScanCrew(database.meta.pageCount * database.pageSize, options.threads);
    const rule = options.keyCountRule ?? keyCountRule(database);
    const outline = outlineDatabase(database);
    const job = { ...planJob(file, database, outline, rule), wantsHash: options.hash ?? true };
    const liveKeys = await crew.run(job, ctx);
    const used = hasFault(job) ? undefined : usedPages(job, outline);
    if (used === undefined || freelistFindings(database, used).length > 0) return undefined;
    const hash = job.wantsHash ? hashInTreeOrder(job, outline) : undefined;
    const totalKeys =
      rule === 'live-keys' ? (liveKeys?.count ?? countInline(database)) : countRows(job, outline);
    return { hash, keyCountRule: rule, totalKeys, version: readStorageVersion(database)?.text };
  } catch (error) {
    if (hasCode(error, 'DATABASE_CORRUPT') || hasCode(error, 'NOT_A_DATABASE')) return undefined;
    throw fileError(error, 'read', file.name);
  }
}

/** What the threads need to know; a smaller block serves tests. */
export function planJob(
  file: FileSource,
  database: Database,
  outline: Outline,
  rule: KeyCountRule,
  blockBytes = defaultBlockBytes,
): ScanJob {
  const { leafCount, leafByPage, bounds, boundEnds, buckets } = outline;
  const column = () => new Uint32Array(new SharedArrayBuffer(leafCount * 4));
  const key = buckets.find(({ bucket }) => equalBytes(bucket.name, utf8('key')));
  const counted = rule === 'live-keys' && key !== undefined;
  const bucketEnds = buckets.map(({ firstLeaf, leafCount: own }) => firstLeaf + own);
  return {
    fd: file.fd,
    pageSize: database.pageSize,
    pageCount: database.meta.pageCount,
    pagesInBlock: Math.max(1, Math.floor(blockBytes / database.pageSize)),
    leafCount,
    leafByPage,
    bounds,
    boundEnds,
    bucketEnds: new Set(bucketEnds),
    wantsHash: true,
    keyLeaves: counted ? [key.firstLeaf, key.firstLeaf + key.leafCount] : [0, 0],
    shared: new Int32Array(new SharedArrayBuffer(12)),
    crcs: column(),
    sizes: column(),
    rows: column(),
    overflows: column(),
  };
}

/** A byte for each page, 1 for those in use; undefined when one, overflow included, belongs to two owners. */
export function usedPages(job: ScanJob, outline: Outline): Uint8Array | undefined {
  const used = new Uint8Array(job.pageCount);
  for (const id of outline.otherPages) {
    if (used[id] !== 0) return undefined;
    used[id] = 1;
  }
  for (let leaf = 0; leaf < job.leafCount; leaf++) {
    const first = outline.leafIds[leaf]!;
    for (let id = first; id <= first + job.overflows[leaf]!; id++) {
      if (used[id] !== 0) return undefined;
      used[id] = 1;
    }
  }
  return used;
}

export function hashInTreeOrder(job: ScanJob, outline: Outline): number {
  let hash = 0;
  for (const { bucket, firstLeaf, leafCount } of outline.buckets) {
    hash = crc32c(bucket.name, hash);
    for (let leaf = firstLeaf; leaf < firstLeaf + leafCount; leaf++) {
      hash = combineCrc32c(hash, job.crcs[leaf]!, job.sizes[leaf]!);
    }
    if (leafCount > 0) continue;
    for (const { key, value } of bucket.entries()) hash = crc32c(value, crc32c(key, hash));
  }
  return hash;
}

/** Rows of all buckets. */
export function countRows(job: ScanJob, outline: Outline): number {
  let rows = job.rows.reduce((sum, count) => sum + count, 0);
  for (const { bucket, leafCount } of outline.buckets) {
    if (leafCount === 0) rows += [...bucket.entries()].length;
  }
  return rows;
}

/** Live keys of a `key` bucket so small that it is inline. */
function countInline(database: Database): number {
  return statusNumbers(database).liveKeys;
}
