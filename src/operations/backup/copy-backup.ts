import {
  hasCode,
  HoldfastError,
  isHoldfastError,
  openFileSource,
  type OperationContext,
} from '../../base/index.ts';
import { openDatabase } from '../../formats/bbolt/index.ts';
import {
  type BackupRecord,
  type BundleTree,
  findPacksToAvoid,
  type FileToBundle,
  listBackupIds,
  listBackups,
  listPins,
  openSession,
  prepareBundle,
  type PreparedBundle,
  putPin,
  putRecord,
  putResult,
  readBundleFile,
  readBundleList,
  readRecord,
  type Repository,
  storeBundle,
  storeDatabase,
} from '../../repository/index.ts';
import { readResults } from './backup-results.ts';
import { chooseBackup } from './choose-backup.ts';
import { findParent, newlySeen, requireRelative } from './choose-parent.ts';
import { openFetchedBackup } from './open-fetched-backup.ts';

export interface CopyBackupOptions {
  readonly from: Repository;
  readonly to: Repository;
  /** As `chooseBackup` takes it, in the repository that it comes from. */
  readonly id: string;
  /** Where the file lies meanwhile; default the system's directory for temporary files. */
  readonly workDir?: string;
  /** Allow a cluster of which the other repository has no backup, though it has backups of others. */
  readonly newCluster?: boolean;
}

export interface CopyBackupResult {
  /** False when it was there already. */
  readonly copied: boolean;
  /** As it is in the repository that it was copied to. */
  readonly record: BackupRecord;
  readonly tookMs: number;
}

/**
 * Copies a backup to another repository, under that one's keys: fetched, verified, and stored anew, so that it shares
 * with the backups there what is the same. It keeps its id, its time, its facts and hashes; its bundle, its results and
 * its pin come along. There is a copy when all of it is stored; doing it again makes no second one.
 *
 * Errors: those of `chooseBackup` and `fetchBackup`, REPOSITORY_KEY_INSUFFICIENT (it has a bundle that this key does not
 * open), BACKUP_FORGOTTEN, BACKUP_FOREIGN, REPOSITORY_SESSION_LOST, those of the stores, INTERRUPTED.
 */
export async function copyBackup(
  options: CopyBackupOptions,
  ctx: OperationContext,
): Promise<CopyBackupResult> {
  const startedMs = ctx.clock.monotonicMs();
  const { from, to } = options;
  const original = await chooseBackup(from, options.id, ctx);
  let record = await findCopy(to, original, ctx);
  const copied = record === undefined;
  record ??= await makeCopy(original, options, ctx);
  await copyStatements(original.id, { from, to }, ctx);
  return { copied, record, tookMs: ctx.clock.monotonicMs() - startedMs };
}

/** What an earlier copy has made. */
async function findCopy(
  to: Repository,
  { id, hashes }: BackupRecord,
  { signal }: OperationContext,
): Promise<BackupRecord | undefined> {
  if ((await to.storage.stat(`forgotten/${id}`, { signal })) !== undefined)
    throw new HoldfastError(
      'BACKUP_FORGOTTEN',
      `backup ${id} was in the other repository and was forgotten`,
      {
        details: { id },
      },
    );
  if (!(await listBackupIds(to, signal)).includes(id)) return undefined;
  const found = await readRecord(to, id, signal);
  if (found.hashes.rows === hashes.rows) return found;
  throw new HoldfastError('REPOSITORY_DAMAGED', `the other repository has another backup as ${id}`, {
    details: { id },
  });
}

async function makeCopy(
  original: BackupRecord,
  { from, to, workDir, newCluster }: CopyBackupOptions,
  ctx: OperationContext,
): Promise<BackupRecord> {
  const bundle = await readBundle(original, { from, to }, ctx);
  const place = { repository: from, id: original.id, ...(workDir !== undefined && { workDir }) };
  await using fetched = await openFetchedBackup({ ...place, exact: 'if-possible' }, ctx);
  await using session = await openSession(to, 'copy', ctx);
  const { stored, parent, seen } = await store(original, { path: fetched.path, bundle, to, newCluster }, ctx);
  await session.check(ctx.signal);
  const record: BackupRecord = {
    ...withoutFields(original, ['layout', 'bundle', 'parent']),
    ...stored,
    copiedAt: new Date(ctx.clock.now()).toISOString(),
    ...(parent !== undefined && { parent }),
    seen,
  };
  try {
    return await putRecord(to, record, ctx.signal);
  } catch (error) {
    // Somebody else has copied it meanwhile.
    const theirs = hasCode(error, 'REPOSITORY_DAMAGED') ? await findCopy(to, original, ctx) : undefined;
    if (theirs === undefined) throw error;
    return theirs;
  }
}

interface ToStore {
  readonly path: string;
  readonly bundle: PreparedBundle | undefined;
  readonly to: Repository;
  readonly newCluster: boolean | undefined;
}

async function store(
  original: BackupRecord,
  { path, bundle, to, newCluster }: ToStore,
  { signal, events, clock }: OperationContext,
) {
  const avoidedPacks = await findPacksToAvoid(to, signal);
  const { backups } = await listBackups(to, signal);
  const earlier = backups.filter(({ id }) => id < original.id);
  const parent = findParent(earlier, original.cluster);
  const relative = parent ?? requireRelative(backups, original.cluster, newCluster);
  using file = openFileSource(path);
  const database = openDatabase(file);
  const { sizeBytes: totalBytes } = file;
  const startedMs = clock.monotonicMs();
  events({ type: 'phase-started', phase: 'store', totalBytes });
  const rows = await storeDatabase(to, database, {
    parent: relative,
    avoidedPacks,
    expectedBytes: original.totals.bytes,
    exact: original.source.exact ? database : undefined,
    signal,
    onProgress: (doneBytes) => events({ type: 'phase-progress', phase: 'store', doneBytes, totalBytes }),
  });
  const sealed = bundle && (await storeBundle(to, bundle, { avoidedPacks, signal }));
  events({ type: 'phase-finished', phase: 'store', tookMs: clock.monotonicMs() - startedMs });
  if (rows.rowsSha256 !== original.hashes.rows)
    throw new HoldfastError('REPOSITORY_DAMAGED', `backup ${original.id} was not stored as it came`);
  const uploadedBytes = rows.stored.uploadedBytes + (sealed?.uploadedBytes ?? 0);
  return {
    stored: {
      recipe: rows.recipe,
      ...(rows.layout !== undefined && { layout: rows.layout }),
      ...(sealed !== undefined && { bundle: sealed.bundle }),
      stored: { ...rows.stored, uploadedBytes },
    },
    parent: parent?.id,
    // It names none that was made after it: its place in time would be doubted.
    seen: newlySeen(earlier, parent),
  };
}

/** The files of a bundle, named and listed as the other repository does it. Bundles fit into memory. */
async function readBundle(
  record: BackupRecord,
  { from, to }: Pick<CopyBackupOptions, 'from' | 'to'>,
  { signal }: OperationContext,
): Promise<PreparedBundle | undefined> {
  const list = await readBundleList(from, record, signal);
  if (list === undefined) return undefined;
  const files: FileToBundle[] = [];
  for (const file of list.files) {
    const facts = withoutFields(file, ['sizeBytes', 'sha256', 'id']);
    files.push({ ...facts, content: await readBundleFile(from, file, signal) });
  }
  const tree: BundleTree = { ...list, files };
  return prepareBundle(to, tree);
}

/** What is said about the backup. Done again, it adds what is missing. */
async function copyStatements(
  id: string,
  { from, to }: Pick<CopyBackupOptions, 'from' | 'to'>,
  ctx: OperationContext,
): Promise<void> {
  const { signal, clock } = ctx;
  const there = (await readResults(to, id, ctx)).get(id) ?? [];
  for (const result of (await readResults(from, id, ctx)).get(id) ?? []) {
    if (there.some(({ kind, at, host }) => kind === result.kind && at === result.at && host === result.host))
      continue;
    const atMs = Date.parse(result.at);
    await putResult(to, id, result, Number.isNaN(atMs) ? clock.now() : atMs, signal);
  }
  const isOf = ({ name }: { readonly name: string }) => name.split('/')[1] === id;
  const pin = (await listPins(from, signal)).findLast(isOf);
  if (pin === undefined || (await listPins(to, signal)).some(isOf)) return;
  const unreadable = { at: new Date(pin.stat.modifiedMs).toISOString(), reason: 'the pin cannot be read' };
  await putPin(to, id, isHoldfastError(pin.statement) ? unreadable : pin.statement, signal);
}

function withoutFields<T extends object, K extends keyof T>(object: T, names: readonly K[]): Omit<T, K> {
  const kept = Object.entries(object).filter(([name]) => !names.includes(name as K));
  return Object.fromEntries(kept) as Omit<T, K>;
}
