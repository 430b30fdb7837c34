/**
 * Edits of a staged copy, before any server has seen it: what would make the restored cluster stumble over its own
 * past. The snapshot itself is never changed, so that everything taken out here can be read there.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { fileError, openFileSource, utf8 } from '../../../base/index.ts';
import { type BucketEdits, type Database, openDatabase, planPatch } from '../../../formats/bbolt/index.ts';
import { databasePath } from '../../../formats/data-dir/index.ts';
import {
  buildKeyspace,
  encodeRevision,
  encodeTombstone,
  type Keyspace,
} from '../../../formats/mvcc/index.ts';
import { type StaleKind, staleKindOf, staleKinds } from './stale-keys.ts';

/** What was taken out, by kind. Learners and removed members are not among it: a restore never brings them back. */
export interface SanitizeReport {
  readonly alarms: number;
  readonly deletedKeys: Readonly<Record<StaleKind, number>>;
}

/**
 * Disarms alarms and deletes stale keys, as one commit. Deleted keys get a tombstone at a revision of their own, as
 * any deletion. Applied again, it finds nothing to do. Errors: WRITE_FAILED, DISK_FULL, those of reading.
 */
export async function sanitizeStaged(dataDir: string, storagePrefix: string): Promise<SanitizeReport> {
  const path = databasePath(dataDir);
  using file = openFileSource(path);
  const database = openDatabase(file);
  const keyspace = buildKeyspace(database);
  const stale = findStale(keyspace, storagePrefix);
  const alarms = [...(database.bucket(utf8('alarm'))?.entries() ?? [])].map(({ key }) => key);
  const edits: BucketEdits[] = [
    ...(alarms.length === 0 ? [] : [{ bucket: utf8('alarm'), delete: alarms }]),
    ...(stale.length === 0 ? [] : [{ bucket: utf8('key'), put: tombstones(keyspace, stale) }]),
  ];
  if (edits.length > 0) await commitEdits(path, database, edits);
  const count = (kind: StaleKind) => stale.filter((found) => found.kind === kind).length;
  return {
    alarms: alarms.length,
    deletedKeys: Object.fromEntries(staleKinds.map((kind) => [kind, count(kind)])) as Record<
      StaleKind,
      number
    >,
  };
}

interface StaleKey {
  readonly rank: number;
  readonly kind: StaleKind;
}

function findStale(keyspace: Keyspace, storagePrefix: string): StaleKey[] {
  return [...keyspace.liveKeys(keyspace.currentRevision)].flatMap(({ rank }) => {
    const kind = staleKindOf(keyspace.key(rank), storagePrefix);
    return kind === undefined ? [] : [{ rank, kind }];
  });
}

function tombstones(
  keyspace: Keyspace,
  stale: readonly StaleKey[],
): { key: Uint8Array; value: Uint8Array }[] {
  const main = keyspace.currentRevision + 1n;
  return stale.map(({ rank }, index) => ({
    key: encodeRevision({ main, sub: BigInt(index), tombstone: true }),
    value: encodeTombstone(keyspace.key(rank)),
  }));
}

/** The new meta page is written only when everything that it points to is on the disk. */
async function commitEdits(path: string, database: Database, edits: readonly BucketEdits[]): Promise<void> {
  const { pages, meta, sizeBytes } = planPatch(database, edits);
  try {
    await using handle = await open(path, 'r+');
    for (const { bytes, offset } of pages) await writeAt(handle, bytes, offset);
    const { size } = await handle.stat();
    if (size < sizeBytes) await handle.truncate(sizeBytes);
    await handle.sync();
    await writeAt(handle, meta.bytes, meta.offset);
    await handle.sync();
  } catch (error) {
    throw fileError(error, 'write', path);
  }
}

async function writeAt(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}
