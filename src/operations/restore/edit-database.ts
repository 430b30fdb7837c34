/** Writes a restore's rows into the new database: into the copy in place, or with everything else into a fresh one. */
import { type FileHandle, open } from 'node:fs/promises';
import {
  compareBytes,
  fileError,
  type OperationContext,
  throwIfInterrupted,
  writeFully,
  yieldToEventLoop,
} from '../../base/index.ts';
import {
  type BucketEdits,
  createDatabaseBuilder,
  type Database,
  type Entry,
  planPatch,
} from '../../formats/bbolt/index.ts';
import type { BytesAt } from './digest-database.ts';

/** So that Ctrl-C is heard: a few ms of work. */
const rowsBetweenPauses = 10_000;

/** Opens the new database to change or flush it, or makes it. Throws WRITE_FAILED and other file errors. */
export async function openForEditing(path: string, flags: 'r+' | 'wx' = 'r+'): Promise<FileHandle> {
  try {
    return await open(path, flags, 0o600);
  } catch (error) {
    throw fileError(error, 'open for writing', path);
  }
}

/**
 * Applies edits in place as one commit. Nothing is flushed: the file has no reader yet, and the caller flushes it
 * before it gets its name. Throws DATABASE_CORRUPT, DISK_FULL.
 *
 * @param beforeWriting told what the changed ranges hold, as far as the file reaches
 */
export async function patchDatabase(
  handle: FileHandle,
  database: Database,
  edits: readonly BucketEdits[],
  beforeWriting: (before: readonly BytesAt[]) => void,
): Promise<void> {
  const { pages, meta, sizeBytes } = planPatch(database, edits);
  const writes = [...pages, meta];
  beforeWriting(
    writes.map(({ bytes, offset }) => {
      const held = new Uint8Array(bytes.length);
      return { offset, bytes: held.subarray(0, database.source.readInto(held, offset)) };
    }),
  );
  try {
    for (const { bytes, offset } of writes) writeFully(handle.fd, bytes, offset);
    const { size } = await handle.stat();
    if (size < sizeBytes) await handle.truncate(sizeBytes);
  } catch (error) {
    throw fileError(error, 'write', database.source.name);
  }
}

/**
 * Writes a fresh, defragmented database with the source's rows and the edits into an empty file. Nothing is flushed.
 * Throws DATABASE_CORRUPT, DISK_FULL, WRITE_FAILED, INTERRUPTED.
 */
export async function compactDatabase(
  source: Database,
  edits: readonly BucketEdits[],
  target: { readonly fd: number; readonly path: string },
  ctx: OperationContext,
): Promise<void> {
  try {
    const builder = createDatabaseBuilder({
      pageSize: source.pageSize,
      write: (bytes, offset) => writeFully(target.fd, bytes, offset),
    });
    let rows = 0;
    for (const name of bucketNames(source, edits)) {
      const bucket = builder.startBucket(name, source.bucket(name)?.sequence);
      for (const { key, value } of editedRows(source, name, edits)) {
        bucket.add(key, value);
        if (++rows % rowsBetweenPauses === 0) {
          await yieldToEventLoop();
          throwIfInterrupted(ctx.signal);
        }
      }
      bucket.finish();
    }
    builder.finish();
  } catch (error) {
    throw fileError(error, 'write', target.path);
  }
}

/** Names of the source's buckets and of those that edits add, in byte order. */
function bucketNames(source: Database, edits: readonly BucketEdits[]): Uint8Array[] {
  const names = [...source.buckets()].map(({ name }) => name);
  for (const { bucket } of edits) {
    if (!names.some((name) => compareBytes(name, bucket) === 0)) names.push(bucket);
  }
  return names.sort(compareBytes);
}

/** Rows of one bucket with the edits in their places, in key order. */
function* editedRows(
  source: Database,
  name: Uint8Array,
  edits: readonly BucketEdits[],
): Generator<{ key: Uint8Array; value: Uint8Array }> {
  const edit = edits.find(({ bucket }) => compareBytes(bucket, name) === 0);
  const puts = [...(edit?.put ?? [])].sort((a, b) => compareBytes(a.key, b.key));
  const removed = edit?.delete ?? [];
  const rows: Iterable<Entry> = edit?.clear === true ? [] : (source.bucket(name)?.entries() ?? []);
  let next = 0;
  for (const row of rows) {
    while (next < puts.length && compareBytes(puts[next]!.key, row.key) < 0) yield puts[next++]!;
    const replaced = next < puts.length && compareBytes(puts[next]!.key, row.key) === 0;
    if (replaced) yield puts[next++]!;
    else if (!removed.some((key) => compareBytes(key, row.key) === 0)) yield row;
  }
  yield* puts.slice(next);
}
