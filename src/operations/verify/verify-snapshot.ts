import {
  bothOf,
  type FileSource,
  openFileSource,
  type OperationContext,
  runPhase,
} from '../../base/index.ts';
import { type Database, openDatabase, requireWholeFile } from '../../formats/bbolt/index.ts';
import type { LiveKeySet, RowLook } from '../../formats/mvcc/index.ts';
import { checkAlarms } from './alarm-check.ts';
import { checkAuth } from './auth-check.ts';
import type { VerifyCheck } from './check-report.ts';
import { checkDigest } from './digest-check.ts';
import { checkHistory, type HistoryChecks } from './history-check.ts';
import { checkLeases } from './lease-check.ts';
import { checkMembers } from './membership-check.ts';
import { checkSchema } from './schema-check.ts';
import { checkStructure } from './structure-check.ts';
import { checkVersions } from './version-check.ts';

export interface VerifyOptions {
  /** A snapshot, or a bare `member/snap/db`. It is opened for reading only. */
  readonly path: string;
  /** Leave out the digest: a bare `member/snap/db` has none. */
  readonly skipDigest?: boolean;
  /** Shown each row as it is checked: what is made of it counts for nothing unless the file turns out sound. */
  readonly look?: RowLook;
  /** Compute HashKV at the newest revision while the rows are checked. */
  readonly hashKv?: boolean;
}

export interface VerifyResult {
  readonly path: string;
  /** In the order of `checkNames`. */
  readonly checks: readonly VerifyCheck[];
  /** Whether no check failed; warnings do not count. */
  readonly ok: boolean;
  /** Of the whole file, lower-case hex; undefined where no digest was computed. */
  readonly fileSha256: string | undefined;
  /** As `snapshot status` has it; undefined unless the structure is sound. */
  readonly snapshotHash: number | undefined;
  /** Where it was asked for; it counts for nothing unless the file is sound. */
  readonly kvHash: number | undefined;
  /** The user keys, with the ids that `look` was told. */
  readonly keys: LiveKeySet;
}

/**
 * Makes every check that is known: digest, structure, history, records, leases, membership, versions.
 *
 * Damage is a result, not an error. Memory grows with the number of keys, not with the size of the file.
 * Errors: FILE_NOT_FOUND, NOT_A_REGULAR_FILE, FILE_NOT_READABLE, NOT_A_DATABASE, DATABASE_CORRUPT (when the file is
 * cut off, or not even the list of buckets can be reached), INTERRUPTED.
 */
export async function verifySnapshot(options: VerifyOptions, ctx: OperationContext): Promise<VerifyResult> {
  using file = openFileSource(options.path);
  return await verifyOpenSnapshot(file, options, ctx);
}

/** The same of a file that is open and stays so: what is checked is what the caller reads, whatever its name means by then. */
export async function verifyOpenSnapshot(
  file: FileSource,
  options: VerifyOptions,
  ctx: OperationContext,
): Promise<VerifyResult> {
  requireWholeFile(file);
  const database = openDatabase(file);
  // Side by side: the digest of a large file is made on a thread of its own.
  const [{ check: digest, fileSha256 }, { structure, snapshotHash, history }] = await bothOf(
    checkDigest(file, database, { skip: options.skipDigest === true }, ctx),
    checkPages(file, database, options, ctx),
  );
  const checks = [digest, structure, ...checkContent(database, history)];
  const ok = checks.every(({ status }) => status !== 'fail');
  const { histories: keys, kvHash } = history;
  return { path: options.path, checks, ok, fileSha256, snapshotHash, kvHash, keys };
}

async function checkPages(
  file: FileSource,
  database: Database,
  { look, hashKv }: VerifyOptions,
  ctx: OperationContext,
) {
  const { check: structure, snapshotHash } = await checkStructure(file, database, ctx);
  const totalBytes = Math.min(file.sizeBytes, database.meta.pageCount * database.pageSize);
  const history = await runPhase(checkHistory(database, { look, hashKv }), ctx, {
    phase: 'history',
    totalBytes,
  });
  return { structure, snapshotHash, history };
}

function checkContent(database: Database, history: HistoryChecks): VerifyCheck[] {
  return [
    checkSchema(database),
    history.revisions,
    history.records,
    history.compaction,
    checkLeases(database, history.histories),
    checkAuth(database),
    checkAlarms(database),
    checkMembers(database),
    checkVersions(database),
  ];
}
