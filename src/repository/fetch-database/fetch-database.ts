import { throwIfInterrupted } from '../../base/index.ts';
import { createDatabaseBuilder } from '../../formats/bbolt/index.ts';
import { type RecipeSection, RowsHash } from '../contents/index.ts';
import { damaged } from '../failures.ts';
import { requireUse } from '../keys/index.ts';
import type { Repository } from '../open/index.ts';
import { type BackupRecord, recordName } from '../records/index.ts';
import { readRecipe } from '../store-database/index.ts';
import { RecentChunks } from './recent-chunks.ts';

/** Where a database is written: bytes at offsets, in ascending order but for the first two pages, which come last. Not kept. */
export type DatabaseSink = (bytes: Uint8Array, offset: number) => void;

export interface FetchDatabaseOptions {
  /** Undefined: everything is read and compared, and nothing written. */
  readonly write?: DatabaseSink | undefined;
  readonly signal: AbortSignal;
  /** Told the bytes of rows so far. */
  readonly onProgress?: (doneBytes: number) => void;
}

export interface FetchedDatabase {
  /** Of the database, without any trailer. */
  readonly sizeBytes: number;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Builds the database of a backup anew: the same rows, on fresh pages. What it has written is the database only when
 * the promise resolves: the rows' hash is compared at the end.
 *
 * Errors: REPOSITORY_KEY_INSUFFICIENT, REPOSITORY_DAMAGED, those of `Storage` and of `write`, INTERRUPTED.
 */
export async function fetchDatabase(
  repository: Repository,
  record: BackupRecord,
  options: FetchDatabaseOptions,
): Promise<FetchedDatabase> {
  requireUse(repository.keys.secrets, 'read');
  const sections = await readRecipe(repository, record, options.signal);
  const chunks = new RecentChunks(repository, sections, options.signal);
  try {
    return await new DatabaseReader(record, chunks, options).read(sections);
  } finally {
    await chunks.end();
  }
}

class DatabaseReader {
  readonly #record: BackupRecord;
  readonly #chunks: RecentChunks;
  readonly #options: FetchDatabaseOptions;
  readonly #hash = new RowsHash();
  #rows = 0;
  #bytes = 0;

  constructor(record: BackupRecord, chunks: RecentChunks, options: FetchDatabaseOptions) {
    this.#record = record;
    this.#chunks = chunks;
    this.#options = options;
  }

  async read(sections: readonly RecipeSection[]): Promise<FetchedDatabase> {
    const builder = createDatabaseBuilder({ write: this.#options.write ?? (() => {}) });
    for (const section of sections) {
      const bucket = builder.startBucket(section.name, section.sequence);
      this.#hash.startBucket(section.name);
      for (const { chunk, runs } of section.entries) {
        throwIfInterrupted(this.#options.signal);
        await this.#readEntry(chunk, runs, (key, value) => bucket.add(key, value));
        this.#options.onProgress?.(this.#bytes);
      }
      this.#hash.endBucket();
      bucket.finish();
    }
    const meta = builder.finish();
    const { id, hashes } = this.#record;
    if (this.#hash.finish() !== hashes.rows)
      throw damaged(recordName(id), 'its rows are not those that were stored');
    return { sizeBytes: meta.pageCount * meta.pageSize, rows: this.#rows, bytes: this.#bytes };
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
