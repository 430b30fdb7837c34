import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldfastError, openFileSource, type OperationContext } from '../../base/index.ts';
import { openDatabase, requireWholeFile } from '../../formats/bbolt/index.ts';
import {
  type BackupRecord,
  findPacksToAvoid,
  listBackups,
  newStamp,
  openSession,
  putRecord,
  type Repository,
  storeDatabase,
} from '../../repository/index.ts';
import { saveSnapshot, type SaveSnapshotOptions } from '../save/index.ts';
import { type BackupFacts, readBackupFacts } from './backup-facts.ts';
import { findParent, newlySeen } from './choose-parent.ts';

/** What is backed up. */
export type CreateBackupSource =
  | {
      readonly kind: 'file';
      readonly path: string;
      /** A bare `member/snap/db` has no digest. */
      readonly skipDigest?: boolean;
    }
  | {
      readonly kind: 'live';
      readonly save: Omit<SaveSnapshotOptions, 'target'>;
      /** Where the snapshot lies meanwhile; default the system's directory for temporary files. */
      readonly workDir?: string;
    };

export interface CreateBackupOptions {
  readonly repository: Repository;
  readonly source: CreateBackupSource;
  /** Version of the program, for the record. */
  readonly program: string;
  /** Allow a cluster of which the repository has no backup, though it has backups of others. */
  readonly newCluster?: boolean;
  /** Make no backup when the newest one of the cluster has the same key space. */
  readonly skipUnchanged?: boolean;
}

export interface CreateBackupResult {
  /** False when nothing had changed: the record is that of the newest backup then. */
  readonly created: boolean;
  readonly record: BackupRecord;
  readonly tookMs: number;
}

/**
 * Makes a backup: every check of the file, then what is new of its rows, then the record, which is read back.
 *
 * Errors: VERIFY_FAILED and those of `verifySnapshot` (nothing was stored), BACKUP_FOREIGN, those of `saveSnapshot`,
 * those of the repository and its store, REPOSITORY_SESSION_LOST, INTERRUPTED.
 */
export async function createBackup(
  options: CreateBackupOptions,
  ctx: OperationContext,
): Promise<CreateBackupResult> {
  const startedMs = ctx.clock.monotonicMs();
  const { source } = options;
  if (source.kind === 'file') {
    const origin = { kind: 'file' } as const;
    const done = await backUpFile(
      source.path,
      { ...options, origin, skipDigest: source.skipDigest === true },
      ctx,
    );
    return { ...done, tookMs: ctx.clock.monotonicMs() - startedMs };
  }
  const directory = await mkdtemp(join(source.workDir ?? tmpdir(), 'holdfast-backup-'));
  try {
    const path = join(directory, 'snapshot.db');
    const { endpoint } = await saveSnapshot({ ...source.save, target: { path } }, ctx);
    const origin = { kind: 'live', endpoint } as const;
    const done = await backUpFile(path, { ...options, origin, skipDigest: false }, ctx);
    return { ...done, tookMs: ctx.clock.monotonicMs() - startedMs };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface FileOptions extends CreateBackupOptions {
  readonly origin: Pick<BackupRecord['source'], 'kind' | 'endpoint'>;
  readonly skipDigest: boolean;
}

async function backUpFile(
  path: string,
  options: FileOptions,
  ctx: OperationContext,
): Promise<Pick<CreateBackupResult, 'created' | 'record'>> {
  const { repository } = options;
  using file = openFileSource(path);
  requireWholeFile(file);
  const database = openDatabase(file);
  const facts = await readBackupFacts(path, { file, database }, options, ctx);
  // From here on packs that this backup counts on are not deleted.
  await using session = await openSession(repository, 'backup', ctx);
  const avoidedPacks = await findPacksToAvoid(repository, ctx.signal);
  const { backups } = await listBackups(repository, ctx.signal);
  const parent = findParent(backups, facts.cluster);
  if (parent === undefined && backups.length > 0 && options.newCluster !== true)
    throw foreign(backups, facts);
  if (options.skipUnchanged === true && parent !== undefined && isUnchanged(parent, facts))
    return { created: false, record: parent };
  const phase = 'store';
  const startedMs = ctx.clock.monotonicMs();
  const totalBytes = file.sizeBytes;
  ctx.events({ type: 'phase-started', phase, totalBytes });
  const stored = await storeDatabase(repository, database, {
    ...{ parent, avoidedPacks, signal: ctx.signal },
    onProgress: (doneBytes) => ctx.events({ type: 'phase-progress', phase, doneBytes, totalBytes }),
  });
  ctx.events({ type: 'phase-finished', phase, tookMs: ctx.clock.monotonicMs() - startedMs });
  await session.check(ctx.signal);
  const nowMs = ctx.clock.now();
  const record: BackupRecord = {
    id: newStamp(nowMs),
    createdAt: new Date(nowMs).toISOString(),
    program: options.program,
    host: hostname(),
    ...describe(facts, options.origin),
    totals: { keys: facts.liveKeys, rows: stored.rows, bytes: stored.bytes },
    hashes: { snapshot: facts.snapshotHash, kv: facts.kvHash, rows: stored.rowsSha256 },
    recipe: stored.recipe,
    stored: stored.stored,
    ...(parent !== undefined && { parent: parent.id }),
    seen: newlySeen(backups, parent),
  };
  return { created: true, record: await putRecord(repository, record, ctx.signal) };
}

function describe(facts: BackupFacts, origin: FileOptions['origin']) {
  const { sizeBytes, sha256, hasDigest, etcdVersion, storageVersion } = facts;
  return {
    source: { ...origin, sizeBytes, sha256, hasDigest, exact: false },
    cluster: facts.cluster,
    revision: facts.revision,
    compactedRevision: facts.compactedRevision,
    term: facts.term,
    consistentIndex: facts.consistentIndex,
    ...(etcdVersion !== undefined && { etcdVersion }),
    ...(storageVersion !== undefined && { storageVersion }),
    resources: facts.resources,
  };
}

/** The same key space: revision, compaction and the hash of all rows between them. */
function isUnchanged(parent: BackupRecord, facts: BackupFacts): boolean {
  return (
    parent.revision === facts.revision &&
    parent.compactedRevision === facts.compactedRevision &&
    parent.hashes.kv === facts.kvHash
  );
}

function foreign(backups: readonly BackupRecord[], facts: BackupFacts): HoldfastError {
  const newest = backups.at(-1)!;
  return new HoldfastError(
    'BACKUP_FOREIGN',
    `this is the cluster ${facts.cluster.identity}, the repository has backups of ${newest.cluster.identity}`,
    { details: { identity: facts.cluster.identity, known: newest.cluster.identity } },
  );
}
