import { HoldfastError, throwIfInterrupted } from '../../base/index.ts';
import type { BucketWriter } from '../../formats/bbolt/index.ts';
import { type RecipeSection, RowsHash } from '../contents/index.ts';
import { damaged } from '../failures.ts';
import { requireUse } from '../keys/index.ts';
import { decodeLayout } from '../layout/index.ts';
import { isUnreadable, type Repository } from '../open/index.ts';
import { type BackupRecord, recordName } from '../records/index.ts';
import { startPieceThreads } from '../sealing/index.ts';
import { readRecipe } from '../store-database/index.ts';
import { exactFile, freshFile, type FileToWrite } from './file-to-write.ts';
import { RecentChunks } from './recent-chunks.ts';

/** Where a database is written: bytes at offsets, in any order. Not kept. What comes again replaces what came before. */
export type DatabaseSink = (bytes: Uint8Array, offset: number) => void;

/** Writing that goes on behind the calls of a sink. */
export interface WritingBehind {
  /** Resolves when not too much is on its way; awaited now and then. */
  room(): Promise<void>;
  /** Resolves when nothing is on its way, whatever became of it. */
  settle(): Promise<void>;
}

export interface FetchDatabaseOptions {
  /** Undefined: everything is read and compared, and nothing written. */
  readonly write?: DatabaseSink | undefined;
  readonly behind?: WritingBehind;
  /** Write the very file that was backed up, whatever follows its pages included; fresh pages without it. */
  readonly exact?: boolean;
  readonly signal: AbortSignal;
  /** Told the bytes of rows so far. */
  readonly onProgress?: (doneBytes: number) => void;
}

export interface FetchedDatabase {
  /** Of what was written: a fresh database has no trailer. */
  readonly sizeBytes: number;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Builds the database of a backup anew: the same rows, on fresh pages or on those that they were on. What it has written
 * is the database only when the promise resolves: the rows' hash is compared at the end. The bytes of an exact file are
 * for the caller to compare.
 *
 * Errors: REPOSITORY_KEY_INSUFFICIENT, BACKUP_NOT_EXACT, REPOSITORY_DAMAGED, those of `Storage` and of `write`, INTERRUPTED.
 */
export async function fetchDatabase(
  repository: Repository,
  record: BackupRecord,
  options: FetchDatabaseOptions,
): Promise<FetchedDatabase> {
  requireUse(repository.keys.secrets, 'read');
  const sections = await readRecipe(repository, record, options.signal);
  try {
    return await readRows(repository, record, sections, { ...options, checkIds: false });
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    await options.behind?.settle();
    // With a look at each chunk's id: another place may have the right one, and if not the message names it.
    return await readRows(repository, record, sections, { ...options, checkIds: true });
  }
}

/** The hash of all rows says whether they are the right ones: to compare each chunk's id as well is work for nothing. */
async function readRows(
  repository: Repository,
  record: BackupRecord,
  sections: readonly RecipeSection[],
  options: FetchDatabaseOptions & { readonly checkIds: boolean },
): Promise<FetchedDatabase> {
  const { write = () => {}, exact = false } = options;
  await using threads = startPieceThreads(record.totals.bytes);
  const chunks = new RecentChunks(repository, sections, { ...options, threads });
  try {
    await using hash = new RowsHash(record.totals.bytes);
    const file = exact ? await openExact(repository, record, options) : freshFile(write);
    return await new DatabaseReader(record, chunks, hash, options).read(sections, file);
  } finally {
    await chunks.end();
  }
}

async function openExact(
  repository: Repository,
  record: BackupRecord,
  { write = () => {}, signal }: FetchDatabaseOptions,
): Promise<FileToWrite> {
  if (record.layout === undefined)
    throw new HoldfastError('BACKUP_NOT_EXACT', `backup ${record.id} was made without --exact`, {
      details: { id: record.id },
    });
  const what = `the layout of ${recordName(record.id)}`;
  const layout = decodeLayout(await repository.getContent('layout', record.layout, signal), what);
  return exactFile(repository, layout, { write, what, signal });
}

class DatabaseReader {
  readonly #record: BackupRecord;
  readonly #chunks: RecentChunks;
  readonly #options: FetchDatabaseOptions;
  readonly #hash: RowsHash;
  #rows = 0;
  #bytes = 0;

  constructor(record: BackupRecord, chunks: RecentChunks, hash: RowsHash, options: FetchDatabaseOptions) {
    this.#record = record;
    this.#chunks = chunks;
    this.#hash = hash;
    this.#options = options;
  }

  async read(sections: readonly RecipeSection[], file: FileToWrite): Promise<FetchedDatabase> {
    for (const section of sections) {
      const bucket = file.startBucket(section.name, section.sequence);
      this.#hash.startBucket(section.name);
      for (const { chunk, runs } of section.entries) {
        throwIfInterrupted(this.#options.signal);
        await this.#readEntry(chunk, runs, (key, value) => this.#place(bucket, key, value));
        await this.#options.behind?.room();
        this.#options.onProgress?.(this.#bytes);
      }
      this.#hash.endBucket();
      bucket.finish();
    }
    const sizeBytes = await file.finish();
    const { id, hashes } = this.#record;
    if ((await this.#hash.finish()) !== hashes.rows)
      throw damaged(recordName(id), 'its rows are not those that were stored');
    return { sizeBytes, rows: this.#rows, bytes: this.#bytes };
  }

  #place(bucket: BucketWriter, key: Uint8Array, value: Uint8Array): void {
    try {
      bucket.add(key, value);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw damaged(recordName(this.#record.id), 'has rows that are not in order', error);
    }
  }

  async #readEntry(
    chunk: Uint8Array,
    runs: readonly number[],
    add: (key: Uint8Array, value: Uint8Array) => void,
  ): Promise<void> {
    const rows = await this.#chunks.next(chunk);
    let row = 0;
    for (let run = 0; run < runs.length; run++) {
      const end = row + runs[run]!;
      if (end > rows.count)
        throw damaged(recordName(this.#record.id), 'names rows that a chunk does not have');
      if (run % 2 === 1) {
        row = end;
        continue;
      }
      for (; row < end; row++) {
        const key = rows.key(row);
        const value = rows.value(row);
        this.#hash.add(key, value);
        this.#rows++;
        this.#bytes += key.length + value.length;
        add(key, value);
      }
    }
  }
}
