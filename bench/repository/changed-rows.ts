/** What is different between two snapshots of a cluster, whatever they are stored in. */
import { zstdCompressSync } from 'node:zlib';
import { openFileSource } from '../../src/base/index.ts';
import { type Database, openDatabase } from '../../src/formats/bbolt/index.ts';
import {
  compareMain,
  readStoreRevision,
  type RevisionBound,
  revisionBound,
  scanRows,
} from '../../src/formats/mvcc/index.ts';

export interface ChangedRows {
  /** Rows of all that is in the snapshot. */
  readonly allRows: number;
  /** Rows that came since the snapshot before, and their keys and values. */
  readonly rows: number;
  readonly bytes: number;
  /** The same, compressed in one piece. */
  readonly compressedBytes: number;
  /** Rows of the snapshot before that are compacted away. */
  readonly removedRows: number;
}

/** Compares a snapshot with the one before, or with none. */
export function changedRows(path: string, before: string | undefined): ChangedRows {
  using file = openFileSource(path);
  const database = openDatabase(file);
  if (before === undefined) return count(database, undefined);
  using fileBefore = openFileSource(before);
  const databaseBefore = openDatabase(fileBefore);
  const counted = count(database, revisionBound(readStoreRevision(databaseBefore).current));
  const rowsBefore = count(databaseBefore, undefined).allRows;
  return { ...counted, removedRows: rowsBefore - (counted.allRows - counted.rows) };
}

function count(database: Database, above: RevisionBound | undefined): ChangedRows {
  let allRows = 0;
  let bytes = 0;
  const fresh: Uint8Array[] = [];
  for (const { key, value } of scanRows(database.bucket('key')!)) {
    allRows++;
    if (above === undefined || compareMain(key, above) <= 0) continue;
    fresh.push(key.slice(), value.slice());
    bytes += key.length + value.length;
  }
  const compressedBytes = fresh.length === 0 ? 0 : zstdCompressSync(Buffer.concat(fresh)).length;
  return { allRows, rows: fresh.length / 2, bytes, compressedBytes, removedRows: 0 };
}
