import {
  bothOf,
  createDurableFile,
  type DurableFile,
  type FileDigests,
  fileError,
  formatHex,
  hashFile,
  HoldfastError,
  openFileSource,
  type OperationContext,
  writeFully,
} from '../../base/index.ts';
import {
  type BackupRecord,
  fetchDatabase,
  type FetchedDatabase,
  type Repository,
} from '../../repository/index.ts';
import { scanDatabase } from '../scan/index.ts';
import { isBackupDamage, requireNotForgotten } from './backup-damage.ts';
import { chooseBackup } from './choose-backup.ts';
import { WriteBehind } from './write-behind.ts';

export interface FetchBackupOptions {
  readonly repository: Repository;
  /** As `chooseBackup` takes it. */
  readonly id: string;
  readonly path: string;
  /** Replace a file that is there. */
  readonly force?: boolean;
  /**
   * The very file that was backed up, where the backup has what that needs, or else an error. Without it the file has
   * fresh pages, and a digest even if the original had none.
   */
  readonly exact?: 'if-possible' | 'required';
}

export interface FetchBackupResult {
  readonly record: BackupRecord;
  readonly path: string;
  readonly sizeBytes: number;
  /** Whether it is the very file that was backed up. */
  readonly exact: boolean;
  /** Of the whole file, hex. */
  readonly sha256: string;
  readonly tookMs: number;
}

/**
 * Fetches a backup as a snapshot file: the same rows on fresh pages, with its SHA-256 at the end. The file appears when
 * all of it has been read back and its hash is that of the record. An exact file has the SHA-256 of the original.
 *
 * Errors: BACKUP_NOT_FOUND (also when it was forgotten meanwhile), BACKUP_NOT_EXACT, REPOSITORY_KEY_INSUFFICIENT,
 * REPOSITORY_DAMAGED, FILE_EXISTS, WRITE_FAILED, DISK_FULL, SAVE_SUPERSEDED, those of `Storage`, INTERRUPTED.
 */
export async function fetchBackup(
  options: FetchBackupOptions,
  ctx: OperationContext,
): Promise<FetchBackupResult> {
  const record = await chooseBackup(options.repository, options.id, ctx);
  try {
    return await fetchRecord(record, options, ctx);
  } catch (error) {
    if (isBackupDamage(error))
      await requireNotForgotten(options.repository, record.id, { signal: ctx.signal, cause: error });
    throw error;
  }
}

async function fetchRecord(
  record: BackupRecord,
  options: FetchBackupOptions,
  ctx: OperationContext,
): Promise<FetchBackupResult> {
  const startedMs = ctx.clock.monotonicMs();
  const { repository, path } = options;
  const exact = isExact(record, options);
  const temporaryPath = `${path}.part`;
  await using file = await createDurableFile(path, { temporaryPath, replace: options.force === true });
  let { sizeBytes } = await writeDatabase(file, record, { repository, exact }, ctx);
  // Side by side, on threads of their own; the disk has its work meanwhile, too.
  const [[{ content, whole }]] = await bothOf(
    file.readBack((written) =>
      bothOf(
        hashWritten(written, sizeBytes, exact, ctx),
        exact ? Promise.resolve() : checkWritten(written, record, ctx),
      ),
    ),
    flushWritten(file),
  );
  if (!exact) {
    writeAt(file, content, sizeBytes);
    sizeBytes += content.length;
  }
  const sha256 = formatHex(whole);
  if (exact) requireSame(record, { sizeBytes, sha256 });
  await file.commit();
  return { record, path, sizeBytes, exact, sha256, tookMs: ctx.clock.monotonicMs() - startedMs };
}

function isExact({ id, source }: BackupRecord, { exact }: FetchBackupOptions): boolean {
  if (exact === 'required' && !source.exact)
    throw new HoldfastError('BACKUP_NOT_EXACT', `backup ${id} was made without --exact`, { details: { id } });
  return exact !== undefined && source.exact;
}

function requireSame({ id, source }: BackupRecord, found: Pick<FetchBackupResult, 'sizeBytes' | 'sha256'>) {
  if (found.sha256 === source.sha256 && found.sizeBytes === source.sizeBytes) return;
  throw new HoldfastError('REPOSITORY_DAMAGED', `backup ${id} does not come back as the file that it was`, {
    details: { expected: source.sha256, actual: found.sha256 },
  });
}

async function writeDatabase(
  file: DurableFile,
  record: BackupRecord,
  { repository, exact }: { readonly repository: Repository; readonly exact: boolean },
  ctx: OperationContext,
): Promise<FetchedDatabase> {
  const phase = 'fetch';
  const startedMs = ctx.clock.monotonicMs();
  const totalBytes = record.totals.bytes;
  ctx.events({ type: 'phase-started', phase, totalBytes });
  const writer = new WriteBehind(file);
  let fetched: FetchedDatabase;
  try {
    fetched = await fetchDatabase(repository, record, {
      write: writer.add,
      behind: writer,
      exact,
      signal: ctx.signal,
      onProgress: (doneBytes) => ctx.events({ type: 'phase-progress', phase, doneBytes, totalBytes }),
    });
  } finally {
    // The file must not be closed under a write.
    await writer.settle();
  }
  await writer.finish();
  ctx.events({ type: 'phase-finished', phase, tookMs: ctx.clock.monotonicMs() - startedMs });
  return fetched;
}

function writeAt({ handle, temporaryPath }: DurableFile, bytes: Uint8Array, offset: number): void {
  try {
    writeFully(handle.fd, bytes, offset);
  } catch (error) {
    throw fileError(error, 'write', temporaryPath);
  }
}

async function flushWritten({ handle, temporaryPath }: DurableFile): Promise<void> {
  try {
    await handle.datasync();
  } catch (error) {
    throw fileError(error, 'write', temporaryPath);
  }
}

/**
 * The first pages were written last, so the digest is made of what is in the file: of all of it when it is exact, else
 * of it with its own digest behind it.
 */
async function hashWritten(
  path: string,
  contentBytes: number,
  exact: boolean,
  { signal }: OperationContext,
): Promise<FileDigests> {
  using file = openFileSource(path);
  return await hashFile(file, { contentBytes, rest: exact ? new Uint8Array(0) : undefined, signal });
}

async function checkWritten(path: string, record: BackupRecord, ctx: OperationContext): Promise<void> {
  using file = openFileSource(path);
  const { scan } = await scanDatabase(file, ctx, { keyCountRule: 'all-rows' });
  if (scan?.hash === record.hashes.snapshot) return;
  throw new HoldfastError('REPOSITORY_DAMAGED', `backup ${record.id} does not come back with its hash`, {
    details: { expected: record.hashes.snapshot, actual: scan?.hash ?? 'none' },
  });
}
