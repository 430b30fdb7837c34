/**
 * Where things are in a data dir. Paths as text, with `/`; nothing is opened here.
 *
 * Source: etcd server/storage/datadir/datadir.go (3.6.14).
 */
import { join } from 'node:path';

/** `<data-dir>/member`: everything that etcd keeps. */
export function memberDirectory(dataDir: string): string {
  return join(dataDir, 'member');
}

/** `<data-dir>/member/snap`: the database and the `.snap` files. */
export function snapDirectory(dataDir: string): string {
  return join(memberDirectory(dataDir), 'snap');
}

/** `<data-dir>/member/snap/db`. */
export function databasePath(dataDir: string): string {
  return join(snapDirectory(dataDir), 'db');
}

/** `<data-dir>/member/wal`, unless etcd runs with a `--wal-dir` of its own. */
export function walDirectory(dataDir: string): string {
  return join(memberDirectory(dataDir), 'wal');
}
