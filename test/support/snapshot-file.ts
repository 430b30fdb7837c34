/** Snapshot files as `snapshot save` leaves them, from rows. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { compareBytes, utf8 } from '../../src/base/index.ts';
import { buildDatabase } from './build-database.ts';
import type { Rows } from './memory-store.ts';

/** A database with these rows, whatever their order, and the SHA-256 behind it. */
export function snapshotBytes(rows: Rows, pageSize = 4096): Uint8Array {
  const buckets = Object.entries(rows).map(([name, items]) => ({
    name: utf8(name),
    items: items.toSorted((a, b) => compareBytes(a.key, b.key)),
  }));
  return withDigest(buildDatabase(buckets, pageSize));
}

/** Bytes with their SHA-256 appended. */
export function withDigest(database: Uint8Array): Uint8Array {
  return Buffer.concat([database, createHash('sha256').update(database).digest()]);
}

export async function writeSnapshot(path: string, rows: Rows): Promise<void> {
  await writeFile(path, snapshotBytes(rows));
}
