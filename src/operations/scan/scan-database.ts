/**
 * The fast scan: structure, hash and counts of a database in one pass over the file, read in disk order.
 *
 * It only ever says "sound, and these are the numbers". Whatever it does not recognise as sound goes to the full
 * check, which walks in tree order and explains.
 */
import {
  combineCrc32c,
  crc32c,
  type Finding,
  type FileSource,
  hasCode,
  type OperationContext,
} from '../../base/index.ts';
import {
  type Bucket,
  checkDatabase,
  type Database,
  openDatabase,
  type Outline,
  outlineDatabase,
} from '../../formats/bbolt/index.ts';
import {
  keyCountRule,
  type KeyCountRule,
  readStorageVersion,
  snapshotHash,
  statusNumbers,
} from '../../formats/mvcc/index.ts';
import { hasFault, type ScanJob } from './scan-job.ts';
import { startScanCrew } from './scan-threads.ts';

export interface DatabaseScan {
  /** CRC-32C of `snapshot status`; unsigned 32-bit. */
  readonly hash: number;
  readonly keyCountRule: KeyCountRule;
  /** By the rule above. */
  readonly totalKeys: number;
  /** `undefined` before 3.6. */
  readonly version: string | undefined;
}

export type ScanResult =
  | { readonly findings: readonly Finding[]; readonly scan: DatabaseScan }
  /** Damaged: at least one finding is a failure. */
  | { readonly findings: readonly Finding[]; readonly scan: undefined };

/**
 * Scans an open file. Damage is returned as findings, never thrown.
 * Errors: FILE_NOT_READABLE, INTERRUPTED, RECORD_INVALID (sound pages, but a row that is no etcd record).
 */
export async function scanDatabase(file: FileSource, ctx: OperationContext): Promise<ScanResult> {
  const fast = await tryFastScan(file, ctx);
  if (fast !== undefined) return { findings: [], scan: fast };
  const findings = checkDatabase(file);
  if (findings.some(({ severity }) => severity === 'fail')) return { findings, scan: undefined };
  return { findings, scan: scanByCursor(openDatabase(file)) };
}

/** The plain way, for sound files that the fast scan does not take. */
function scanByCursor(database: Database): DatabaseScan {
  const rule = keyCountRule(database);
  const version = readStorageVersion(database)?.text;
  if (rule === 'live-keys') {
    const { hash, liveKeys } = statusNumbers(database);
    return { hash, keyCountRule: rule, totalKeys: liveKeys, version };
  }
  const totalKeys = [...database.buckets()].reduce((sum, bucket) => sum + countRows(bucket), 0);
  return { hash: snapshotHash(database), keyCountRule: rule, totalKeys, version };
}

function countRows(bucket: Bucket): number {
  let rows = 0;
  const entries = bucket.entries()[Symbol.iterator]();
  while (entries.next().done !== true) rows++;
  return rows;
}

async function tryFastScan(file: FileSource, ctx: OperationContext): Promise<DatabaseScan | undefined> {
  try {
    const database = openDatabase(file);
    const rule = keyCountRule(database);
    // A stored freelist is compared with what is in use, page by page: the full check's work.
    if (database.meta.freelistId !== undefined || database.metaPages.some((meta) => !('pageSize' in meta)))
      return undefined;
    await using crew = startScanCrew(database.meta.pageCount * database.meta.pageSize);
    const outline = outlineDatabase(database);
    const job = planJob(file, database, outline, rule);
    const liveKeys = await crew.run(job, ctx);
    if (hasFault(job) || !eachPageOnce(job, outline)) return undefined;
    const { hash, allRows } = hashInTreeOrder(job, outline);
    const totalKeys = rule === 'live-keys' ? (liveKeys?.count ?? countInline(database)) : allRows;
    return { hash, keyCountRule: rule, totalKeys, version: readStorageVersion(database)?.text };
  } catch (error) {
    if (hasCode(error, 'DATABASE_CORRUPT') || hasCode(error, 'NOT_A_DATABASE')) return undefined;
    throw error;
  }
}

function planJob(file: FileSource, database: Database, outline: Outline, rule: KeyCountRule): ScanJob {
  const { leafCount, leafByPage, bounds, boundEnds, buckets } = outline;
  const column = () => new Uint32Array(new SharedArrayBuffer(leafCount * 4));
  const key = buckets.find(({ bucket }) => Buffer.from(bucket.name).toString('latin1') === 'key');
  const counted = rule === 'live-keys' && key !== undefined;
  return {
    fd: file.fd,
    pageSize: database.meta.pageSize,
    pageCount: database.meta.pageCount,
    leafCount,
    leafByPage,
    bounds,
    boundEnds,
    bucketEnds: buckets.filter(({ leafCount: own }) => own > 0).map((own) => own.firstLeaf + own.leafCount),
    keyLeaves: counted ? [key.firstLeaf, key.firstLeaf + key.leafCount] : [0, 0],
    shared: new Int32Array(new SharedArrayBuffer(8)),
    crcs: column(),
    sizes: column(),
    rows: column(),
    overflows: column(),
  };
}

/** Whether no page, overflow included, belongs to two owners. */
function eachPageOnce(job: ScanJob, outline: Outline): boolean {
  const used = new Uint8Array(job.pageCount);
  for (const id of outline.otherPages) {
    if (id >= job.pageCount || used[id] !== 0) return false;
    used[id] = 1;
  }
  for (let leaf = 0; leaf < job.leafCount; leaf++) {
    const first = outline.leafIds[leaf]!;
    for (let id = first; id <= first + job.overflows[leaf]!; id++) {
      if (used[id] !== 0) return false;
      used[id] = 1;
    }
  }
  return true;
}

function hashInTreeOrder(job: ScanJob, outline: Outline): { hash: number; allRows: number } {
  let hash = 0;
  let allRows = 0;
  for (const { bucket, firstLeaf, leafCount } of outline.buckets) {
    hash = crc32c(bucket.name, hash);
    for (let leaf = firstLeaf; leaf < firstLeaf + leafCount; leaf++) {
      hash = combineCrc32c(hash, job.crcs[leaf]!, job.sizes[leaf]!);
      allRows += job.rows[leaf]!;
    }
    if (leafCount > 0) continue;
    for (const { key, value } of bucket.entries()) {
      hash = crc32c(value, crc32c(key, hash));
      allRows++;
    }
  }
  return { hash, allRows };
}

/** Live keys of a `key` bucket so small that it is inline. */
function countInline(database: Database): number {
  return statusNumbers(database).liveKeys;
}
