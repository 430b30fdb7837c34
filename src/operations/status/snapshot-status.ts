import { type Finding, HoldfastError, type OperationContext, openFileSource } from '../../base/index.ts';
import { openDatabase, requireWholeFile } from '../../formats/bbolt/index.ts';
import { decodeRevision } from '../../formats/mvcc/index.ts';
import { scanDatabase } from '../scan/index.ts';

export interface SnapshotStatusOptions {
  /** A snapshot, or a bare `member/snap/db`. It is opened for reading only. */
  readonly path: string;
}

/** The numbers that `etcdutl snapshot status` prints. */
export interface SnapshotStatus {
  /** CRC-32C of the file's logical content; unsigned 32-bit. */
  readonly hash: number;
  /** Main of the last row of `key`; 0 when there is none. */
  readonly revision: bigint;
  /** Rows of all buckets in files of 3.4 and 3.5, live user keys in files of 3.6 and later: as their own tool counts. */
  readonly totalKeys: number;
  /** Bytes of the pages in use; a trailer or spare pages behind them do not count. */
  readonly totalSizeBytes: number;
  /** Storage version, or undefined in files of 3.4 and 3.5, whose tool has no such column. */
  readonly version: string | undefined;
  /** Findings that do not stop the file from being used: one damaged meta page. */
  readonly warnings: readonly Finding[];
}

/**
 * Hash, revision, keys, size and version of a database file, after a check of its structure.
 *
 * Errors: FILE_NOT_FOUND, NOT_A_REGULAR_FILE, FILE_NOT_READABLE, NOT_A_DATABASE, DATABASE_CORRUPT (with the findings),
 * RECORD_INVALID, INTERRUPTED. Source: etcdutl/snapshot/v3_snapshot.go, 3.5.30 and 3.6.14.
 */
export async function snapshotStatus(
  options: SnapshotStatusOptions,
  ctx: OperationContext,
): Promise<SnapshotStatus> {
  using file = openFileSource(options.path);
  requireWholeFile(file);
  const { findings, scan } = await scanDatabase(file, ctx);
  if (scan === undefined) throw structureError(options.path, findings);
  const database = openDatabase(file);
  const last = database.bucket('key')?.last();
  return {
    hash: scan.hash!,
    revision: last === undefined ? 0n : decodeRevision(last.key).main,
    totalKeys: scan.totalKeys,
    totalSizeBytes: database.meta.pageCount * database.meta.pageSize,
    version: scan.version,
    warnings: findings,
  };
}

/** The typed error for a file whose structure is damaged: the first findings in words, the number of all. */
export function structureError(path: string, findings: readonly Finding[]): HoldfastError {
  const failures = findings.filter(({ severity }) => severity === 'fail');
  const first = failures[0];
  if (failures.length === 1 && first?.code === 'meta-invalid')
    return new HoldfastError('NOT_A_DATABASE', first.message);
  const more = failures.length > 1 ? ` (and ${failures.length - 1} more findings)` : '';
  return new HoldfastError(
    'DATABASE_CORRUPT',
    `${path} is damaged: ${first?.message ?? 'unknown fault'}${more}`,
    {
      details: { path, findings: failures.slice(0, 20).map(({ message }) => message) },
    },
  );
}
