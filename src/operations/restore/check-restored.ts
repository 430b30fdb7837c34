/** The result is opened again and must be what was asked for. */
import {
  compareBytes,
  type FileSource,
  HoldfastError,
  type OperationContext,
  utf8,
} from '../../base/index.ts';
import { openDatabase } from '../../formats/bbolt/index.ts';
import type { RestorePlan } from '../../formats/data-dir/index.ts';
import { decodeRevision } from '../../formats/mvcc/index.ts';
import { type DatabaseScan, scanDatabase } from '../scan/index.ts';
import type { RestoreOptions } from './restore-options.ts';

export interface CheckedDatabase {
  readonly scan: DatabaseScan;
  /** Main revision of the last row; 0 when there is none. */
  readonly revision: bigint;
  /** Pages in use times page size. */
  readonly sizeBytes: number;
}

/**
 * Checks structure and records of a restored database, and that every row of the plan is in it.
 * Throws DATABASE_CORRUPT (the source's pages are damaged), RECORD_INVALID, DEFECT (a row of the plan is missing).
 */
export async function checkRestored(
  file: FileSource,
  plan: RestorePlan,
  { snapshotPath: sourceName, statusHash }: RestoreOptions,
  ctx: OperationContext,
): Promise<CheckedDatabase> {
  const { findings, scan } = await scanDatabase(file, ctx, { hash: statusHash ?? true });
  if (scan === undefined) {
    const failures = findings.filter(({ severity }) => severity === 'fail');
    throw new HoldfastError(
      'DATABASE_CORRUPT',
      `${sourceName}: the structure is damaged: ${failures[0]?.message ?? 'unknown'}` +
        (failures.length > 1 ? ` (and ${failures.length - 1} more findings)` : ''),
      { details: { path: sourceName, findings: failures.slice(0, 20).map(({ message }) => message) } },
    );
  }
  const database = openDatabase(file);
  for (const { bucket, clear, put = [] } of plan.edits) {
    const rows = database.bucket(bucket);
    const missing = put.find(({ key, value }) => {
      const found = rows?.get(key);
      return found === undefined || compareBytes(found, value) !== 0;
    });
    const count = clear === true ? [...(rows?.entries() ?? [])].length : put.length;
    if (rows === undefined || missing !== undefined || count !== put.length) {
      const name = Buffer.from(bucket).toString();
      throw new HoldfastError(
        'DEFECT',
        `the restored database does not hold what was written to bucket ${name}`,
      );
    }
  }
  const last = database.bucket(utf8('key'))?.last();
  return {
    scan,
    revision: last === undefined ? 0n : decodeRevision(last.key).main,
    sizeBytes: database.meta.pageCount * database.pageSize,
  };
}
