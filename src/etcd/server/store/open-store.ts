import { compareBytes, type OperationContext, runPhase } from '../../../base/index.ts';
import type { Database } from '../../../formats/bbolt/index.ts';
import { indexRowsSteps } from '../../../formats/key-index/index.ts';
import {
  decodeKeyValue,
  decodeRevision,
  encodeRevision,
  type KeyValueStoreFile,
  readStoreRevision,
  resolveRevision,
  type StoreEntry,
} from '../../../formats/mvcc/index.ts';
import { BaseRows } from './base-rows.ts';
import { KeySpace } from './key-space.ts';
import { MvccStore } from './mvcc-store.ts';
import { keyText } from './sorted-keys.ts';
import type { EtcdStore, OpenStoreOptions } from './store.ts';

/**
 * Opens a store: one pass over the rows, reported as phase `index`. The file is only ever read.
 *
 * Errors: REVISION_COMPACTED, REVISION_FUTURE, USAGE (`at`), DATABASE_CORRUPT, RECORD_INVALID, FILE_NOT_READABLE,
 * INTERRUPTED.
 */
export async function openStore(options: OpenStoreOptions, ctx: OperationContext): Promise<EtcdStore> {
  const { database, content = database } = options;
  const revision = readStoreRevision(content);
  const at = resolveRevision(options.at ?? 0n, revision);
  const indexed = await runPhase(indexRowsSteps(database, at), ctx, {
    phase: 'index',
    totalBytes: database.meta.pageCount * database.pageSize,
  });
  const base = new BaseRows(database, indexed, at);
  const space = new KeySpace(base, { current: at, compact: revision.compact });
  const store = new MvccStore({
    database,
    content,
    space,
    finishedCompaction: readStoreRevision(database).marks.finished ?? -1n,
    usedPages: indexed.usedPages,
    readOnly: !options.writable,
  });
  attachLeases(store, base, indexed.leases);
  if (content !== database) addLogRows(store, space, { database, content, at });
  return store;
}

/** A lease that is not stored holds nothing. */
function attachLeases(store: MvccStore, base: BaseRows, leases: ReadonlyMap<number, bigint>): void {
  for (const [rank, lease] of leases)
    if (store.hasLease(lease)) store.attachments.set(keyText(base.index.key(rank)), lease);
}

interface LogRows {
  readonly database: Database;
  readonly content: KeyValueStoreFile;
  readonly at: bigint;
}

/** Rows that the write-ahead log adds: all come after the last row of the database. */
function addLogRows(store: MvccStore, space: KeySpace, { database, content, at }: LogRows): void {
  const last = database.bucket('key')?.last()?.key;
  const from = last ?? encodeRevision({ main: 0n, sub: 0n, tombstone: false });
  for (const row of content.bucket('key')?.entries(from) ?? []) {
    if (last !== undefined && compareBytes(row.key, last) <= 0) continue;
    if (!addLogRow(store, space, row, at)) return;
  }
}

function addLogRow(store: MvccStore, space: KeySpace, row: StoreEntry, at: bigint): boolean {
  const revision = decodeRevision(row.key);
  if (revision.main > at) return false;
  const kv = decodeKeyValue(row.value);
  space.overlay.append(kv.key, revision, revision.tombstone ? { ...kv, modRevision: revision.main } : kv);
  const lease = revision.tombstone || !store.hasLease(kv.lease) ? 0n : kv.lease;
  store.attachments.set(keyText(kv.key), lease);
  return true;
}
