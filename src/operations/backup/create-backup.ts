import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type FileSource,
  fileStateOf,
  HoldfastError,
  openFileSource,
  openPrivateDirectory,
  type OperationContext,
} from '../../base/index.ts';
import { openDatabase, requireWholeFile } from '../../formats/bbolt/index.ts';
import {
  type BackupRecord,
  findPacksToAvoid,
  listBackups,
  newStamp,
  openSession,
  prepareBundle,
  type PreparedBundle,
  putRecord,
  type Repository,
  storeBundle,
  type StoredBundle,
  storeDatabase,
} from '../../repository/index.ts';
import { openLocalHost } from '../../hosts/index.ts';
import { type NodeOptions, readNode } from '../bundle/index.ts';
import { tryNoteSave } from '../ledger/index.ts';
import { saveSnapshot, type SaveSnapshotOptions } from '../save/index.ts';
import { type BackupFacts, readBackupFacts } from './backup-facts.ts';
import { newlySeen, requireRelative } from './choose-parent.ts';
import { compareMembers, type MemberComparison } from './compare-members.ts';
import { findSameBackup, type LiveMember, meetMember } from './live-member.ts';

/** What is backed up. */
export type CreateBackupSource =
  | {
      readonly kind: 'file';
      readonly path: string;
      /** A bare `member/snap/db` has no digest. */
      readonly skipDigest?: boolean;
      /** Of this file, when somebody has begun to read them: see `beginBackupFacts`. */
      readonly facts?: Promise<BackupFacts>;
    }
  | {
      readonly kind: 'live';
      /** Of several endpoints a healthy one is chosen. */
      readonly save: Omit<SaveSnapshotOptions, 'target' | 'anyEndpoint'>;
      /** Where the snapshot lies meanwhile; default the system's directory for temporary files. */
      readonly workDir?: string;
      /** The data dir of that etcd when it is this host's: its ledger of revisions notes the backup. Host path. */
      readonly dataDir?: string;
    };

export interface CreateBackupOptions {
  readonly repository: Repository;
  readonly source: CreateBackupSource;
  /** The host that this runs on, and whether its control plane's files are taken along; without it they are not. */
  readonly node?: Pick<NodeOptions, 'root' | 'bundle'>;
  /** Whether this host has seen other public keys in this repository: nothing is sealed for those of a stranger. */
  readonly hasOtherKeys?: boolean;
  /** Version of the program, for the record. */
  readonly program: string;
  /** Allow a cluster of which the repository has no backup, though it has backups of others. */
  readonly newCluster?: boolean;
  /** Make no backup when the newest one of the cluster has the same key space. */
  readonly skipUnchanged?: boolean;
  /** Keep what the very same file needs. */
  readonly exact?: boolean;
}

export interface CreateBackupResult {
  /** False when nothing had changed: the record is that of the newest backup then. */
  readonly created: boolean;
  readonly record: BackupRecord;
  /** Of a live etcd: which members hold the same as the backup. */
  readonly members?: MemberComparison;
  readonly tookMs: number;
}

type Created = Omit<CreateBackupResult, 'tookMs'>;

/**
 * Makes a backup: every check of the file, then what is new of its rows, then the record, which is read back. Of a live
 * etcd it is a snapshot of one member; what the others hold is compared with it.
 *
 * Events: those of `saveSnapshot`; phases of the checks, and `store`; warnings of members that hold something else, and
 * of files that are not in the bundle.
 *
 * Errors: REPOSITORY_REPLACED, BUNDLE_NOT_FOUND, VERIFY_FAILED and those of `verifySnapshot` (nothing was stored),
 * FILE_NOT_READABLE (also when the file was changed meanwhile),
 * BACKUP_FOREIGN, BACKUP_NOT_EXACT, those of `saveSnapshot`, those of the repository and its store,
 * REPOSITORY_SESSION_LOST, INTERRUPTED.
 */
export async function createBackup(
  options: CreateBackupOptions,
  ctx: OperationContext,
): Promise<CreateBackupResult> {
  const startedMs = ctx.clock.monotonicMs();
  if (options.hasOtherKeys === true) throw replaced(options.repository);
  const created = await (options.source.kind === 'file'
    ? createFromFile(options.source, options, ctx)
    : createFromLive(options.source, options, ctx));
  return { ...created, tookMs: ctx.clock.monotonicMs() - startedMs };
}

async function createFromFile(
  { path, skipDigest = false, facts }: Extract<CreateBackupSource, { kind: 'file' }>,
  options: CreateBackupOptions,
  ctx: OperationContext,
): Promise<Created> {
  const node = await lookAtNode(options, undefined, ctx);
  return await backUpFile(path, { ...options, ...node, origin: { kind: 'file' }, skipDigest, facts }, ctx);
}

async function createFromLive(
  { save, workDir = tmpdir(), dataDir }: Extract<CreateBackupSource, { kind: 'live' }>,
  options: CreateBackupOptions,
  ctx: OperationContext,
): Promise<Created> {
  const { repository, node } = options;
  const member = await meetMember(save.client, ctx);
  const found = await lookAtNode(options, save.client.endpoints, ctx);
  if (options.skipUnchanged === true) {
    const same = await findSameBackup(repository, member, ctx);
    const isEnough = same !== undefined && isExactEnough(same, options);
    if (isEnough && hasSameBundle(same, found.bundle)) return { created: false, record: same };
  }
  await using directory = await openPrivateDirectory(workDir, 'holdfast-backup-', 'run', ctx);
  const path = join(directory.path, 'snapshot.db');
  await saveSnapshot({ ...save, client: member.client, target: { path } }, ctx);
  const origin = { kind: 'live', endpoint: member.endpoint } as const;
  const created = await backUpFile(path, { ...options, ...found, origin, member, skipDigest: false }, ctx);
  if (node !== undefined && dataDir !== undefined)
    await tryNoteSave(openLocalHost({ root: node.root }), dataDir, path, ctx);
  return created;
}

/** What this host adds to a backup of the etcd at these endpoints. */
async function lookAtNode(
  { repository, node }: CreateBackupOptions,
  endpoints: readonly string[] | undefined,
  ctx: OperationContext,
): Promise<Pick<FileOptions, 'bundle' | 'kubernetesVersion'>> {
  // A file may be from anywhere: what this host has goes with it only when somebody says so.
  if (node === undefined || (endpoints === undefined && node.bundle !== true)) return {};
  const found = await readNode({ ...node, ...(endpoints !== undefined && { endpoints }) }, ctx);
  return {
    ...(found.tree !== undefined && { bundle: prepareBundle(repository, found.tree) }),
    ...(found.kubernetesVersion !== undefined && { kubernetesVersion: found.kubernetesVersion }),
  };
}

interface FileOptions extends CreateBackupOptions {
  readonly origin: Pick<BackupRecord['source'], 'kind' | 'endpoint'>;
  readonly skipDigest: boolean;
  readonly facts?: Promise<BackupFacts> | undefined;
  /** Whom a live snapshot was taken from. */
  readonly member?: LiveMember;
  readonly bundle?: PreparedBundle;
  /** As this host says it. */
  readonly kubernetesVersion?: string;
}

async function backUpFile(path: string, options: FileOptions, ctx: OperationContext): Promise<Created> {
  const { repository, member, bundle } = options;
  using file = openFileSource(path);
  requireWholeFile(file);
  const database = openDatabase(file);
  const begun = await options.facts;
  // A file that has taken the name since has not been checked.
  const facts =
    begun?.fileState === fileStateOf(file)
      ? begun
      : await readBackupFacts(path, { file, database }, options, ctx);
  const compared = member && { members: await compareMembers(member, facts, ctx) };
  // From here on packs that this backup counts on are not deleted.
  await using session = await openSession(repository, 'backup', ctx);
  const avoidedPacks = await findPacksToAvoid(repository, ctx.signal);
  const { backups } = await listBackups(repository, ctx.signal);
  const parent = requireRelative(backups, facts.cluster, options.newCluster);
  if (options.skipUnchanged === true && parent !== undefined && isUnchanged(parent, facts))
    if (hasSameBundle(parent, bundle) && isExactEnough(parent, options))
      return { created: false, record: parent, ...compared };
  const phase = 'store';
  const startedMs = ctx.clock.monotonicMs();
  const totalBytes = file.sizeBytes;
  ctx.events({ type: 'phase-started', phase, totalBytes });
  const stored = await storeDatabase(repository, database, {
    ...{ parent, avoidedPacks, expectedBytes: totalBytes, signal: ctx.signal },
    exact: options.exact === true ? database : undefined,
    onProgress: (doneBytes) => ctx.events({ type: 'phase-progress', phase, doneBytes, totalBytes }),
  });
  const sealed = bundle && (await storeBundle(repository, bundle, { avoidedPacks, signal: ctx.signal }));
  ctx.events({ type: 'phase-finished', phase, tookMs: ctx.clock.monotonicMs() - startedMs });
  requireUnchanged(file, facts);
  await session.check(ctx.signal);
  const nowMs = ctx.clock.now();
  const record: BackupRecord = {
    id: newStamp(nowMs),
    createdAt: new Date(nowMs).toISOString(),
    program: options.program,
    host: hostname(),
    ...describe(facts, options),
    totals: { keys: facts.liveKeys, rows: stored.rows, bytes: stored.bytes },
    hashes: { snapshot: facts.snapshotHash, kv: facts.kvHash, rows: stored.rowsSha256 },
    recipe: stored.recipe,
    ...(stored.layout !== undefined && { layout: stored.layout }),
    stored: withBundle(stored.stored, sealed),
    ...(sealed !== undefined && { bundle: sealed.bundle }),
    ...(parent !== undefined && { parent: parent.id }),
    seen: newlySeen(backups, parent),
  };
  return { created: true, record: await putRecord(repository, record, ctx.signal), ...compared };
}

/** What is stored must be what was checked. Errors: FILE_NOT_READABLE. */
function requireUnchanged(file: FileSource, { fileState }: BackupFacts): void {
  if (fileStateOf(file) === fileState) return;
  const path = file.name;
  throw new HoldfastError('FILE_NOT_READABLE', `read ${path}: the file was changed while it was backed up`, {
    hint: 'Something else writes to it: wait until it is done, or back up the etcd that does.',
    details: { path },
  });
}

function withBundle(stored: BackupRecord['stored'], sealed: StoredBundle | undefined) {
  return { ...stored, uploadedBytes: stored.uploadedBytes + (sealed?.uploadedBytes ?? 0) };
}

function describe(facts: BackupFacts, { origin, exact = false, member, ...node }: FileOptions) {
  const { sizeBytes, sha256, hasDigest, storageVersion } = facts;
  const etcdVersion = member?.etcdVersion ?? facts.etcdVersion;
  const kubernetesVersion = node.kubernetesVersion ?? facts.kubernetesVersion;
  return {
    source: { ...origin, sizeBytes, sha256, hasDigest, exact },
    cluster: { ...facts.cluster, ...(member !== undefined && identityOf(member)) },
    revision: facts.revision,
    compactedRevision: facts.compactedRevision,
    term: facts.term,
    consistentIndex: facts.consistentIndex,
    ...(etcdVersion !== undefined && { etcdVersion }),
    ...(storageVersion !== undefined && { storageVersion }),
    ...(kubernetesVersion !== undefined && { kubernetesVersion }),
    resources: facts.resources,
  };
}

function identityOf({ clusterId, memberId, memberName }: LiveMember) {
  return { clusterId, memberId, ...(memberName !== undefined && { memberName }) };
}

/** Whether the files that would be taken along, if any, are those of a backup. */
function hasSameBundle({ bundle }: BackupRecord, wanted: PreparedBundle | undefined): boolean {
  return wanted === undefined || bundle?.sha256 === wanted.bundle.sha256;
}

/** Whether the very same file can be fetched where that is asked for. */
function isExactEnough({ source }: BackupRecord, { exact = false }: CreateBackupOptions): boolean {
  return source.exact || !exact;
}

/** The same key space: revision, compaction and the hash of all rows between them. */
function isUnchanged(parent: BackupRecord, facts: BackupFacts): boolean {
  return (
    parent.revision === facts.revision &&
    parent.compactedRevision === facts.compactedRevision &&
    parent.hashes.kv === facts.kvHash
  );
}

function replaced({ storage }: Repository): HoldfastError {
  return new HoldfastError(
    'REPOSITORY_REPLACED',
    `the repository at ${storage.location} has not the public keys that this host has seen in it`,
    { details: { location: storage.location } },
  );
}
