import { statSync } from 'node:fs';
import {
  fileError,
  hasCode,
  HoldfastError,
  openFileSource,
  type OperationContext,
  runPhase,
} from '../../../base/index.ts';
import type { EtcdClientOptions } from '../../../etcd/index.ts';
import { requireWholeFile } from '../../../formats/bbolt/index.ts';
import { indexDatabaseSteps, indexStoreSteps, type KeyIndex } from '../../../formats/key-index/index.ts';
import { openDataDirAt } from '../../data-dir-files/index.ts';
import { type IndexedFile, openIndexedFile, readIndexFile, writeIndexFile } from '../index-file/index.ts';
import { openIndexedSource, recordsInFile, recordsInStore } from './file-source.ts';
import type { ObjectSource } from './object-source.ts';

export interface ObjectSourceOptions {
  /** Path of a snapshot, a database or a data dir; or a live etcd. */
  readonly source: string | { readonly live: EtcdClientOptions };
  /** Main revision to look at; 0 or none for the current one. */
  readonly revision?: bigint;
  /** The API server's `--etcd-prefix`; without it, those that are found. */
  readonly prefix?: string;
  /** Writes the index of a file beside it, for the next look; one that is there is used in any case. */
  readonly writeIndex?: boolean;
}

/**
 * Opens where objects come from. Dispose it.
 *
 * Errors: FILE_NOT_FOUND, NOT_A_REGULAR_FILE, FILE_NOT_READABLE, NOT_A_DATABASE, DATABASE_CORRUPT, RECORD_INVALID,
 * DATA_DIR_INVALID, WAL_CORRUPT, REVISION_COMPACTED, REVISION_FUTURE, WRITE_FAILED (the index), USAGE (negative
 * revision, an index of what is no file), INTERRUPTED; of a live etcd those of its client.
 */
export async function openObjectSource(
  options: ObjectSourceOptions,
  ctx: OperationContext,
): Promise<ObjectSource> {
  const { source, revision = 0n, writeIndex = false } = options;
  const at = { revision, prefix: options.prefix && normalPrefix(options.prefix) };
  const isFile = typeof source === 'string' && !isDirectory(source);
  if (writeIndex && !isFile)
    throw new HoldfastError('USAGE', 'an index can only be kept beside a file, and this source is none');
  if (typeof source !== 'string') {
    const { openLiveSource } = await import('./live-source.ts');
    return await openLiveSource({ client: source.live, ...at });
  }
  return isFile ? await openFile(source, at, writeIndex, ctx) : await openDirectory(source, at, ctx);
}

interface Aspect {
  readonly revision: bigint;
  readonly prefix: string | undefined;
}

async function openFile(
  path: string,
  at: Aspect,
  writeIndex: boolean,
  ctx: OperationContext,
): Promise<ObjectSource> {
  const file = openFileSource(path);
  try {
    requireWholeFile(file);
    const indexed = openIndexedFile(file);
    const index = await indexOf(indexed, writeIndex, ctx);
    const readRecord = recordsInFile(
      index,
      (target, offset) => file.readInto(target, offset),
      indexed.database,
    );
    const close = () => file.close();
    return openIndexedSource({ kind: 'file', description: path, index, readRecord, close, ...at });
  } catch (error) {
    file.close();
    throw error;
  }
}

async function indexOf(of: IndexedFile, writeIndex: boolean, ctx: OperationContext): Promise<KeyIndex> {
  const kept = readIndexFile(of, ctx);
  if (kept !== undefined) return kept;
  const { pageCount, pageSize } = of.database.meta;
  const index = await runPhase(indexDatabaseSteps(of.database), ctx, {
    phase: 'index',
    totalBytes: pageCount * pageSize,
  });
  if (writeIndex) await keepIndex(of, index, ctx);
  return index;
}

async function keepIndex(of: IndexedFile, index: KeyIndex, { log }: OperationContext): Promise<void> {
  try {
    await writeIndexFile(of, index);
  } catch (error) {
    if (!hasCode(error, 'SAVE_SUPERSEDED')) throw error;
    log.debug('another run keeps the index of this file', { path: of.file.name });
  }
}

async function openDirectory(path: string, at: Aspect, ctx: OperationContext): Promise<ObjectSource> {
  const dataDir = openDataDirAt({ dataDir: path });
  try {
    const { store, database } = dataDir;
    const { pageCount, pageSize } = database.meta;
    const index = await runPhase(indexStoreSteps(store), ctx, {
      phase: 'index',
      totalBytes: pageCount * pageSize,
    });
    const readRecord = recordsInStore(index, store);
    const close = () => dataDir[Symbol.dispose]();
    return openIndexedSource({ kind: 'data-dir', description: path, index, readRecord, close, ...at });
  } catch (error) {
    dataDir[Symbol.dispose]();
    throw error;
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw fileError(error, 'open', path);
  }
}

/** `registry`, `/registry` and `/registry/` are the same. */
function normalPrefix(prefix: string): string {
  return `/${prefix.replace(/^\/+|\/+$/g, '')}`;
}
