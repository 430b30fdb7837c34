import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import {
  createDurableFile,
  type DurableFile,
  fileError,
  HoldfastError,
  openFileSource,
  type OperationContext,
  throwIfInterrupted,
  yieldToEventLoop,
} from '../../base/index.ts';
import { type BackupRecord, fetchDatabase, type Repository } from '../../repository/index.ts';
import { scanDatabase } from '../scan/index.ts';
import { chooseBackup } from './choose-backup.ts';

export interface FetchBackupOptions {
  readonly repository: Repository;
  /** As `chooseBackup` takes it. */
  readonly id: string;
  readonly path: string;
  /** Replace a file that is there. */
  readonly force?: boolean;
}

export interface FetchBackupResult {
  readonly record: BackupRecord;
  readonly path: string;
  readonly sizeBytes: number;
  /** Digest of the database; the last 32 bytes of the file are the same. Hex. */
  readonly sha256: string;
  readonly tookMs: number;
}

const readBytes = 4 << 20;

/**
 * Fetches a backup as a snapshot file: the same rows on fresh pages, with its SHA-256 at the end. The file appears when
 * all of it has been read back and its hash is that of the record.
 *
 * Errors: BACKUP_NOT_FOUND, REPOSITORY_KEY_INSUFFICIENT, REPOSITORY_DAMAGED, FILE_EXISTS, WRITE_FAILED, DISK_FULL,
 * those of `Storage`, INTERRUPTED.
 */
export async function fetchBackup(
  options: FetchBackupOptions,
  ctx: OperationContext,
): Promise<FetchBackupResult> {
  const startedMs = ctx.clock.monotonicMs();
  const { repository, path } = options;
  const record = await chooseBackup(repository, options.id, ctx);
  const temporaryPath = `${path}.part`;
  await using file = await createDurableFile(path, { temporaryPath, replace: options.force === true });
  const { sizeBytes } = await writeDatabase(file, record, options, ctx);
  const sha256 = await hashWritten(temporaryPath, sizeBytes, ctx);
  writeAt(file, sha256, sizeBytes);
  await checkWritten(temporaryPath, record, ctx);
  await file.commit();
  const tookMs = ctx.clock.monotonicMs() - startedMs;
  return { record, path, sizeBytes: sizeBytes + sha256.length, sha256: sha256.toString('hex'), tookMs };
}

async function writeDatabase(
  file: DurableFile,
  record: BackupRecord,
  { repository }: FetchBackupOptions,
  ctx: OperationContext,
) {
  const phase = 'fetch';
  const startedMs = ctx.clock.monotonicMs();
  const totalBytes = record.totals.bytes;
  ctx.events({ type: 'phase-started', phase, totalBytes });
  const fetched = await fetchDatabase(repository, record, {
    write: (bytes, offset) => writeAt(file, bytes, offset),
    signal: ctx.signal,
    onProgress: (doneBytes) => ctx.events({ type: 'phase-progress', phase, doneBytes, totalBytes }),
  });
  ctx.events({ type: 'phase-finished', phase, tookMs: ctx.clock.monotonicMs() - startedMs });
  return fetched;
}

function writeAt({ handle, temporaryPath }: DurableFile, bytes: Uint8Array, offset: number): void {
  try {
    for (let done = 0; done < bytes.length; )
      done += writeSync(handle.fd, bytes, done, bytes.length - done, offset + done);
  } catch (error) {
    throw fileError(error, 'write', temporaryPath);
  }
}

/** The first pages were written last, so the digest is made of what is in the file. */
async function hashWritten(path: string, sizeBytes: number, ctx: OperationContext): Promise<Buffer> {
  using file = openFileSource(path);
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(readBytes);
  for (let offset = 0; offset < sizeBytes; ) {
    const count = file.readInto(buffer.subarray(0, sizeBytes - offset), offset);
    if (count === 0) throw new HoldfastError('WRITE_FAILED', `${path} became shorter`);
    hash.update(buffer.subarray(0, count));
    offset += count;
    await yieldToEventLoop();
    throwIfInterrupted(ctx.signal);
  }
  return hash.digest();
}

async function checkWritten(path: string, record: BackupRecord, ctx: OperationContext): Promise<void> {
  using file = openFileSource(path);
  const { scan } = await scanDatabase(file, ctx, { keyCountRule: 'all-rows' });
  if (scan?.hash === record.hashes.snapshot) return;
  throw new HoldfastError('REPOSITORY_DAMAGED', `backup ${record.id} does not come back with its hash`, {
    details: { expected: record.hashes.snapshot, actual: scan?.hash ?? 'none' },
  });
}
