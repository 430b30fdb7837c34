import { openFileSource, type OperationContext, runPhase } from '../../base/index.ts';
import { openDatabase, requireWholeFile } from '../../formats/bbolt/index.ts';
import { type HashKv, hashKvSteps } from '../../formats/mvcc/index.ts';

export interface SnapshotHashKvOptions {
  /** A snapshot, or a bare `member/snap/db`. It is opened for reading only, and never changed. */
  readonly path: string;
  /** Main revision to hash at; 0 or none for the current one. */
  readonly revision?: bigint;
  /**
   * Compact revision to assume instead of the file's own: with that of a live member's answer, a snapshot stays
   * comparable after the member has compacted further. -1 for "never compacted".
   */
  readonly compactRevision?: bigint;
}

/**
 * HashKV of a file, equal to what a member that holds the same history answers for the same revision and compact
 * revision. Only hashes with both equal can be compared.
 *
 * Errors: FILE_NOT_FOUND, NOT_A_REGULAR_FILE, FILE_NOT_READABLE, NOT_A_DATABASE, DATABASE_CORRUPT, RECORD_INVALID,
 * REVISION_COMPACTED, REVISION_FUTURE, USAGE (negative revision), INTERRUPTED.
 * Source: etcdutl/etcdutl/hashkv_command.go (3.6.14), which opens the file for writing; this does not.
 */
export async function snapshotHashKv(options: SnapshotHashKvOptions, ctx: OperationContext): Promise<HashKv> {
  const { path, ...hashOptions } = options;
  using file = openFileSource(path);
  requireWholeFile(file);
  const database = openDatabase(file);
  const steps = hashKvSteps(database, hashOptions);
  return await runPhase(steps, ctx, {
    phase: 'hash',
    totalBytes: database.meta.pageCount * database.pageSize,
  });
}
