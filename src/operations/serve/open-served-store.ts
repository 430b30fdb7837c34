import { statSync } from 'node:fs';
import { fileError, openFileSource, type OperationContext } from '../../base/index.ts';
import { type EtcdStore, openStore } from '../../etcd/server/index.ts';
import { openDatabase, requireWholeFile } from '../../formats/bbolt/index.ts';
import { openDataDirAt } from '../data-dir-files/index.ts';

export interface ServedStoreOptions {
  /** Path of a snapshot, a database or a data dir. It is only ever read. */
  readonly source: string;
  /** Whether it can be written to, in memory. */
  readonly writable: boolean;
  /** The revision to show as the current one; 0 or none for the newest. */
  readonly at?: bigint;
}

/** A store and the files below it. */
export interface ServedStore extends Disposable {
  readonly kind: 'file' | 'data-dir';
  readonly store: EtcdStore;
}

/**
 * Opens what is to be served. Dispose it.
 *
 * Errors: FILE_NOT_FOUND, NOT_A_REGULAR_FILE, FILE_NOT_READABLE, NOT_A_DATABASE, DATABASE_CORRUPT, RECORD_INVALID,
 * DATA_DIR_INVALID, WAL_CORRUPT, REVISION_COMPACTED, REVISION_FUTURE, USAGE (a negative revision), INTERRUPTED.
 */
export async function openServedStore(
  options: ServedStoreOptions,
  ctx: OperationContext,
): Promise<ServedStore> {
  const { source, writable, at = 0n } = options;
  using opening = new DisposableStack();
  if (isDirectory(source)) {
    const { database, store: content } = opening.use(openDataDirAt({ dataDir: source }));
    const store = await openStore({ database, content, writable, at }, ctx);
    return served('data-dir', store, opening.move());
  }
  const file = opening.adopt(openFileSource(source), (opened) => opened.close());
  requireWholeFile(file);
  const store = await openStore({ database: openDatabase(file), writable, at }, ctx);
  return served('file', store, opening.move());
}

function served(kind: ServedStore['kind'], store: EtcdStore, opened: DisposableStack): ServedStore {
  return { kind, store, [Symbol.dispose]: () => opened.dispose() };
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw fileError(error, 'open', path);
  }
}
