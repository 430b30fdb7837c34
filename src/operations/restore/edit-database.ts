/** Writes a restore's rows into the new database: into the copy in place, or with everything else into a fresh one. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { compareBytes, fileError, type OperationContext, throwIfInterrupted } from '../../base/index.ts';
import {
  type BucketEdits,
  createDatabaseBuilder,
  type Database,
  type Entry,
  planPatch,
} from '../../formats/bbolt/index.ts';
import type { BytesAt } from './digest-database.ts';

/** Opens the new database to change or flush it. Throws WRITE_FAILED and other file errors. */
export async function openForEditing(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
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
    for (const { bytes, offset } of writes) await writeFully(handle, bytes, offset);
    const { size } = await handle.stat();
    if (size < sizeBytes) await handle.truncate(sizeBytes);
  } catch (error) {
    throw fileError(error, 'write', database.source.name);
  }
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}

/**
 * Writes a fresh, defragmented database with the source's rows and the edits. Nothing is flushed to disk.
 * Throws DATABASE_CORRUPT, DISK_FULL, INTERRUPTED.
 */
export function compactDatabase(
  source: Database,
  edits: readonly BucketEdits[],
  target: string,
  ctx: OperationContext,
): void {
  try {
    const fd = openSync(target, 'wx', 0o600);
    try {
      const writer = new GatheringWriter(fd);
      const builder = createDatabaseBuilder({
        pageSize: source.pageSize,
        write: (bytes, offset) => writer.write(bytes, offset),
      });
      for (const name of bucketNames(source, edits)) {
        const items = editedRows(source, name, edits, ctx);
        builder.addBucket({ name, items, sequence: source.bucket(name)?.sequence ?? 0n });
      }
      builder.finish();
      writer.flush();
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw fileError(error, 'write', target);
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
  ctx: OperationContext,
): Generator<{ key: Uint8Array; value: Uint8Array }> {
  const edit = edits.find(({ bucket }) => compareBytes(bucket, name) === 0);
  const puts = [...(edit?.put ?? [])].sort((a, b) => compareBytes(a.key, b.key));
  const removed = edit?.delete ?? [];
  const rows: Iterable<Entry> = edit?.clear === true ? [] : (source.bucket(name)?.entries() ?? []);
  let next = 0;
  let count = 0;
  for (const row of rows) {
    if (++count % 10_000 === 0) throwIfInterrupted(ctx.signal);
    while (next < puts.length && compareBytes(puts[next]!.key, row.key) < 0) yield puts[next++]!;
    const replaced = next < puts.length && compareBytes(puts[next]!.key, row.key) === 0;
    if (replaced) yield puts[next++]!;
    else if (!removed.some((key) => compareBytes(key, row.key) === 0)) yield row;
  }
  yield* puts.slice(next);
}

/** Gathers neighbouring small writes into large ones. */
class GatheringWriter {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(1 << 20);
  #start = 0;
  #length = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(bytes: Uint8Array, offset: number): void {
    if (offset !== this.#start + this.#length || this.#length + bytes.length > this.#buffer.length) {
      this.flush();
      this.#start = offset;
    }
    if (bytes.length > this.#buffer.length) {
      writeAll(this.#fd, bytes, offset);
      this.#start = offset + bytes.length;
      return;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  flush(): void {
    writeAll(this.#fd, this.#buffer.subarray(0, this.#length), this.#start);
    this.#start += this.#length;
    this.#length = 0;
  }
}

function writeAll(fd: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
}
