import { writeSync } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import {
  createDurableFile,
  type DurableFile,
  errnoOf,
  fileError,
  HoldfastError,
  removeAbandonedFiles,
} from '../../base/index.ts';
import type { SaveTarget, SnapshotSink } from './save-options.ts';
import type { BatchWriter } from './write-queue.ts';

/** An open target. Disposing it before `commit` removes whatever was written. */
export interface OpenTarget extends AsyncDisposable {
  readonly path: string | undefined;
  readonly write: BatchWriter;
  /** Makes the file durable under its name. Call it when everything is written and verified. */
  commit(): Promise<void>;
}

/**
 * Flushing while data still arrives makes the last flush, for which everybody waits, short. Less per flush would
 * only interrupt the disk more often.
 */
const flushEveryBytes = 32 << 20;

/**
 * Checks the target and opens it.
 *
 * Errors: FILE_EXISTS, NOT_A_REGULAR_FILE, FILE_NOT_FOUND (no such directory), WRITE_FAILED.
 */
export async function openTarget(target: SaveTarget): Promise<OpenTarget> {
  if ('sink' in target) return sinkTarget(target.sink);
  const replace = target.force ?? false;
  // Also when the name is taken: a run that was killed after it had placed its file may have left it a second name.
  await removeAbandonedFiles(unfinishedName(target.path));
  await checkName(target.path, replace);
  return fileTarget(target.path, replace);
}

function unfinishedName(path: string): string {
  return `${path}.part`;
}

/** Refuses names that cannot or must not be replaced, before anything is created or dialled. */
async function checkName(path: string, replace: boolean): Promise<void> {
  try {
    const found = replace ? await stat(path) : await lstat(path);
    if (found.isDirectory()) {
      throw new HoldfastError('NOT_A_REGULAR_FILE', `${path} is a directory`, {
        hint: 'Give the name of the file to write.',
        details: { path },
      });
    }
    if (!replace) throw new HoldfastError('FILE_EXISTS', `${path} exists already`, { details: { path } });
    if (!found.isFile()) {
      throw new HoldfastError('NOT_A_REGULAR_FILE', `${path} is not a regular file`, {
        hint: 'Give the name of a file, or - for the standard output.',
        details: { path },
      });
    }
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fileError(error, 'stat', path);
  }
}

async function fileTarget(path: string, replace: boolean): Promise<OpenTarget> {
  const file = await createDurableFile(path, { temporaryPath: unfinishedName(path), mode: 0o600, replace });
  let unflushedBytes = 0;
  let flushing: Promise<void> | undefined;
  let flushFailure: { readonly error: unknown } | undefined;
  const startFlush = () => {
    unflushedBytes = 0;
    flushing = file.handle
      .datasync()
      .catch((error: unknown) => {
        flushFailure = { error: fileError(error, 'write', file.temporaryPath) };
      })
      .finally(() => {
        flushing = undefined;
      });
  };
  return {
    path,
    // Written at once: into the page cache that costs less than handing it to another thread does.
    write(bytes) {
      if (flushFailure !== undefined) throw flushFailure.error;
      writeFully(file, bytes);
      unflushedBytes += bytes.length;
      if (unflushedBytes >= flushEveryBytes && flushing === undefined) startFlush();
      return undefined;
    },
    async commit() {
      await flushing;
      if (flushFailure !== undefined) throw flushFailure.error;
      await file.commit();
    },
    async [Symbol.asyncDispose]() {
      await flushing;
      await file.discard();
    },
  };
}

function writeFully(file: DurableFile, bytes: Uint8Array): void {
  try {
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(file.handle.fd, bytes, offset);
  } catch (error) {
    throw fileError(error, 'write', file.temporaryPath);
  }
}

function sinkTarget(sink: SnapshotSink): OpenTarget {
  return {
    path: undefined,
    write: (bytes) => sink.write(bytes),
    commit: async () => {
      await sink.end?.();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
