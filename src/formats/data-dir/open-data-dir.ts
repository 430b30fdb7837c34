/**
 * A data dir opened as a whole: the database, and on top of it what the write-ahead log holds that the database does
 * not have yet. A server writes its database in batches, so a copy from a dead machine nearly always lags behind.
 *
 * Source: etcd server/etcdserver/bootstrap.go, server/storage/backend.go (3.6.14).
 */
import { type ByteSource, HoldfastError, utf8 } from '../../base/index.ts';
import { type Database, openDatabase } from '../bbolt/index.ts';
import { decodeUint64Record, type KeyValueStoreFile, type MemberRecord, metaKeys } from '../mvcc/index.ts';
import { chooseSnapshot, formatSnapDatabaseName } from '../raft-snapshot/index.ts';
import { readWal, type WalContents, type WalSegment, walSegmentNames } from '../wal/index.ts';
import { applyEntries } from './apply-entries.ts';
import { readMembers } from './apply-members.ts';
import { overlayStore } from './overlay-store.ts';

/** The files of a data dir, opened by whoever may open files. Sources stay open as long as the data dir is read. */
export interface DataDirFiles {
  /** What to call the data dir in messages: usually its path. */
  readonly name: string;
  /** Names in the WAL directory. */
  listWal(): readonly string[];
  openWal(name: string): ByteSource;
  /** Names in `member/snap`. */
  listSnap(): readonly string[];
  /** A whole `.snap` file. */
  readSnap(name: string): Uint8Array;
  /** `member/snap/db`, or another database in that directory. */
  openDatabase(name?: string): ByteSource;
}

export interface DataDir {
  readonly nodeId: bigint;
  readonly clusterId: bigint;
  /** Everything that the member has, log included. */
  readonly store: KeyValueStoreFile;
  /** The database alone. */
  readonly database: Database;
  /** Members after the last applied entry, in order of id. */
  readonly members: readonly MemberRecord[];
  readonly log: LogState;
}

/** How database and log relate. */
export interface LogState {
  /** Index of the last entry that is in the database. */
  readonly consistentIndex: bigint;
  /** Highest index that the log says is committed. */
  readonly commitIndex: bigint;
  /** Index of the last entry in the log. */
  readonly lastIndex: bigint;
  /** Entries taken from the log on top of the database. */
  readonly appliedCount: number;
  /** Index that the store stands for. */
  readonly appliedIndex: bigint;
  /** Entries at the end of the log that were left out: nobody knows whether they were ever committed. */
  readonly uncommittedCount: number;
  /** Why the log ends where it does, when a crash cut its last write off. */
  readonly tornTail: string | undefined;
  /** Damaged `.snap` files that were passed over. */
  readonly damagedSnaps: readonly string[];
  /** Users whose password was set by an entry of the log in plain text; they have none in the store. */
  readonly lostPasswords: readonly string[];
}

/**
 * Opens a data dir over files that the caller owns. Nothing is written, and no lock is taken: copy the directory of a
 * running member first.
 *
 * Errors: DATA_DIR_INVALID (something is missing: no log, a gap in it, or a database older than the snapshot that the
 * log builds on), WAL_CORRUPT, NOT_A_DATABASE, DATABASE_CORRUPT, RECORD_INVALID.
 */
export function openDataDir(files: DataDirFiles): DataDir {
  const segments = openSegments(files);
  const main = openWithIndex(files);
  // The log is read once for its snapshots; with a database sent by the leader, again for what follows that.
  const first = readWal(segments, { entriesAfter: main.consistentIndex });
  const { newest, damaged } = chooseSnapshot(
    files.listSnap(),
    (name) => files.readSnap(name),
    first.snapshots,
  );
  const snapshotIndex = newestIndex(newest?.snapshot.metadata.index ?? 0n, files, first);
  const current = snapshotIndex > main.consistentIndex ? openReceived(files, main, snapshotIndex) : main;
  const wal = current === main ? first : readWal(segments, { entriesAfter: current.consistentIndex });
  checkNoGap(files, wal, current.consistentIndex);
  const applied = applyEntries({
    base: current.database,
    segments,
    entries: wal.entries,
    commitIndex: wal.hardState.commit,
    nodeId: wal.metadata.nodeId,
  });
  return {
    ...wal.metadata,
    store: applied.store,
    database: current.database,
    members: [...readMembers(overlayStore(applied.store)).values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    log: {
      consistentIndex: current.consistentIndex,
      commitIndex: wal.hardState.commit,
      lastIndex: wal.lastIndex,
      appliedCount: applied.count,
      appliedIndex: applied.lastIndex ?? current.consistentIndex,
      uncommittedCount: wal.entries.length - applied.count,
      tornTail: wal.end.torn,
      damagedSnaps: damaged.map(({ message }) => message),
      lostPasswords: applied.lostPasswords,
    },
  };
}

function openSegments(files: DataDirFiles): WalSegment[] {
  const names = walSegmentNames(files.listWal());
  if (names.length === 0) throw invalid(files, 'there is no write-ahead log');
  names.forEach((segment, i) => {
    const before = names[i - 1];
    if (before === undefined || segment.sequence === before.sequence + 1n) return;
    throw invalid(
      files,
      `a segment of the write-ahead log is missing between ${before.name} and ${segment.name}`,
    );
  });
  return names.map(({ name }) => ({ name, source: files.openWal(name) }));
}

interface DatabaseWithIndex {
  readonly database: Database;
  readonly consistentIndex: bigint;
}

function openWithIndex(files: DataDirFiles, name?: string): DatabaseWithIndex {
  const database = openDatabase(files.openDatabase(name));
  const value = database.bucket('meta')?.get(utf8(metaKeys.consistentIndex));
  const consistentIndex = value === undefined ? 0n : decodeUint64Record(value, 'meta/consistent_index');
  return { database, consistentIndex };
}

/** Index of the snapshot that the log continues: of a `.snap` file, or of a database that the leader sent. */
function newestIndex(ofSnapFile: bigint, files: DataDirFiles, wal: WalContents): bigint {
  const names = files.listSnap();
  const received = wal.snapshots
    .map(({ index }) => index)
    .filter((i) => names.includes(formatSnapDatabaseName(i)));
  return received.reduce((newest, index) => (index > newest ? index : newest), ofSnapFile);
}

/** A database that the leader sent and that the member had no time to put into place. */
function openReceived(
  files: DataDirFiles,
  main: DatabaseWithIndex,
  snapshotIndex: bigint,
): DatabaseWithIndex {
  const name = formatSnapDatabaseName(snapshotIndex);
  if (files.listSnap().includes(name)) {
    const received = openWithIndex(files, name);
    if (received.consistentIndex >= snapshotIndex) return received;
  }
  throw invalid(
    files,
    `the database is at index ${main.consistentIndex}, but the log continues a snapshot at index ${snapshotIndex}`,
  );
}

/** What is committed and not in the database has to be in the log, from its first entry on. */
function checkNoGap(files: DataDirFiles, wal: WalContents, consistentIndex: bigint): void {
  const next = consistentIndex + 1n;
  const first = wal.entries[0]?.index;
  const isMissing = first === undefined ? wal.hardState.commit > consistentIndex : first > next;
  if (!isMissing) return;
  throw invalid(
    files,
    `the database ends at index ${consistentIndex}, and the log has no entry ${next}` +
      (first === undefined ? '' : ` (it begins with ${first})`),
  );
}

function invalid(files: DataDirFiles, what: string): HoldfastError {
  return new HoldfastError('DATA_DIR_INVALID', `${files.name}: ${what}`, { details: { path: files.name } });
}
