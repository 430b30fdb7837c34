import { realpath, stat } from 'node:fs/promises';
import {
  createDurableFile,
  type DurableFile,
  fileError,
  HoldfastError,
  openFileSource,
  type OperationContext,
  throwIfInterrupted,
} from '../../base/index.ts';
import { openDatabase, requireWholeFile } from '../../formats/bbolt/index.ts';
import { databasePath } from '../../formats/data-dir/index.ts';
import { openLocalHost } from '../../hosts/index.ts';
import { compactDatabase } from '../restore/index.ts';
import { scanDatabase } from '../scan/index.ts';
import { structureError } from '../status/index.ts';

export interface DefragmentDataDirOptions {
  /** What etcd is given as `--data-dir`. */
  readonly dataDir: string;
}

export interface DefragmentedDataDir {
  /** The database's file, links followed. */
  readonly path: string;
  /** Of the file before, spare pages at its end included. */
  readonly sizeBytesBefore: number;
  readonly sizeBytes: number;
  readonly tookMs: number;
}

/** What a file was when it was looked at. */
interface FileState {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly mode: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
}

/**
 * Writes the database of a data dir anew, without free pages, and puts it in the old one's place when it is whole, on
 * disk and holds the same: its hash is compared. Killed at any moment, one of the two is there. The WAL is not touched.
 *
 * Errors: FILE_NOT_FOUND, FILE_NOT_READABLE, NOT_A_REGULAR_FILE, NOT_A_DATABASE, DATABASE_CORRUPT, RECORD_INVALID,
 * DATA_DIR_IN_USE, SAVE_SUPERSEDED (another run does the same), DISK_FULL, WRITE_FAILED, INTERRUPTED.
 */
export async function defragmentDataDir(
  { dataDir }: DefragmentDataDirOptions,
  ctx: OperationContext,
): Promise<DefragmentedDataDir> {
  const startedMs = ctx.clock.monotonicMs();
  const path = await placeOfDatabase(dataDir);
  await requireUnused(path);
  const before = await stateOf(path);
  const sizeBytesBefore = Number(before.size);
  ctx.log.info('defragmenting', { path, 'current-db-size-bytes': sizeBytesBefore });
  await using file = await createDurableFile(path, {
    // Where one is left by a kill, etcd removes it: it knows what begins with db.tmp (snapshotter.go, 3.4 to 3.7).
    temporaryPath: `${path}.tmp.defrag`,
    mode: Number(before.mode & 0o777n),
    replace: true,
  });
  await writeDefragmented(path, file, ctx);
  await takeOver(before, file);
  // Before the last look: after it there is no time for an etcd to start, whose writes would go to a file without a name.
  await flush(file);
  throwIfInterrupted(ctx.signal);
  await requireUnused(path);
  if (!isSameState(before, await stateOf(path))) throw inUse(path, 'it changed meanwhile');
  const { size } = await file.handle.stat();
  await file.commit();
  const tookMs = ctx.clock.monotonicMs() - startedMs;
  ctx.log.info('finished defragmenting directory', {
    path,
    'current-db-size-bytes-diff': size - sizeBytesBefore,
    'current-db-size-bytes': size,
    tookMs,
  });
  return { path, sizeBytesBefore, sizeBytes: size, tookMs };
}

/** The place of the file itself: a link to it stays. */
async function placeOfDatabase(dataDir: string): Promise<string> {
  const path = databasePath(dataDir);
  try {
    return await realpath(path);
  } catch (error) {
    throw fileError(error, 'open', path);
  }
}

async function requireUnused(path: string): Promise<void> {
  const holders = await openLocalHost().holdersOf(path);
  if (holders.length === 0) return;
  const noun = holders.length === 1 ? 'process' : 'processes';
  throw inUse(path, `it is open in ${noun} ${holders.join(', ')}`);
}

function inUse(path: string, why: string): HoldfastError {
  return new HoldfastError('DATA_DIR_IN_USE', `${path} is in use: ${why}`, { details: { path } });
}

async function stateOf(path: string): Promise<FileState> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    throw fileError(error, 'stat', path);
  }
}

function isSameState(a: FileState, b: FileState): boolean {
  return a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs;
}

/** Fills the new file and compares its content with the old one's. */
async function writeDefragmented(path: string, file: DurableFile, ctx: OperationContext): Promise<void> {
  const hash = await contentHash(path, ctx);
  using source = openFileSource(path);
  const target = { fd: file.handle.fd, path: file.temporaryPath };
  await compactDatabase(openDatabase(source), [], target, ctx);
  const written = await file.readBack((temporaryPath) => contentHash(temporaryPath, ctx));
  if (written !== hash)
    throw new HoldfastError('DEFECT', `the new database has hash ${written}, not ${hash}`, {
      details: { path },
    });
}

/** After a check of the structure: a damaged database must not lose what is left of it. */
async function contentHash(path: string, ctx: OperationContext): Promise<number> {
  using file = openFileSource(path);
  requireWholeFile(file);
  const { findings, scan } = await scanDatabase(file, ctx, { hash: true, keyCountRule: 'all-rows' });
  if (scan === undefined) throw structureError(path, findings);
  return scan.hash!;
}

async function flush({ handle, temporaryPath }: DurableFile): Promise<void> {
  try {
    await handle.sync();
  } catch (error) {
    throw fileError(error, 'write', temporaryPath);
  }
}

/** Gives the new file the owner and the permission bits of the old one. */
async function takeOver(
  { uid, gid, mode }: FileState,
  { handle, temporaryPath }: DurableFile,
): Promise<void> {
  try {
    const own = await handle.stat({ bigint: true });
    if (own.uid !== uid || own.gid !== gid) await handle.chown(Number(uid), Number(gid));
    await handle.chmod(Number(mode & 0o7777n));
  } catch (error) {
    throw fileError(error, 'change the owner of', temporaryPath);
  }
}
