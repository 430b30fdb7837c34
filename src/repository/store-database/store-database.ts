import { SliceMeter, throwIfInterrupted, yieldToEventLoop } from '../../base/index.ts';
import type { Database } from '../../formats/bbolt/index.ts';
import { type StoreBucket, type StoreEntry, scanRows } from '../../formats/mvcc/index.ts';
import { encodeRecipe, type RecipeSection, RowsHash } from '../contents/index.ts';
import { rowDigests } from '../keys/index.ts';
import type { Repository } from '../open/index.ts';
import type { BackupRecord, BackupStored } from '../records/index.ts';
import { ContentStore } from './content-store.ts';
import { matchRows } from './match-rows.ts';
import { type ChunkReference, RecipeDraft } from './recipe-draft.ts';
import { readRecipe } from './read-recipe.ts';
import { type CutTotals, RowCutter } from './row-cutter.ts';
import { chooseDue, type ParentChunk, type RowPlan } from './row-plan.ts';
import { storeLayout, surveyExact } from './store-layout.ts';

/** The bucket whose keys are revisions. */
const revisionBucket = 'key';

/** An open bbolt database satisfies it. */
export interface DatabaseToStore {
  /** In byte order of their names. */
  buckets(): Iterable<StoreBucket & { readonly sequence: bigint }>;
}

export interface StoreDatabaseOptions {
  /** What has the same history, as a rule the newest backup of the same cluster. */
  readonly parent?: Pick<BackupRecord, 'id' | 'recipe'> | undefined;
  /** See `findPacksToAvoid`. */
  readonly avoidedPacks: ReadonlySet<string>;
  /** Bytes of its keys and values, about. */
  readonly expectedBytes: number;
  /** The same database, to keep what its very file needs besides the rows. */
  readonly exact?: Database | undefined;
  readonly signal: AbortSignal;
  /** Told the bytes of the rows gone through so far. */
  readonly onProgress?: (doneBytes: number) => void;
}

export interface StoredDatabase {
  /** Ids of the recipe's parts. */
  readonly recipe: readonly Uint8Array[];
  /** Id of the layout of an exact backup. */
  readonly layout?: Uint8Array;
  readonly rowsSha256: string;
  readonly rows: number;
  /** Keys and values of all rows. */
  readonly bytes: number;
  /** Rows that the parent has too. */
  readonly sharedRows: number;
  readonly stored: BackupStored;
}

/**
 * Stores the rows of a database: what the store lacks goes into packs, and index segments name these. There is no
 * backup before its record is put. The writer's session has to be there.
 *
 * Errors: those of the database (DATABASE_CORRUPT), those of `Storage`, REPOSITORY_DAMAGED (the parent's recipe),
 * BACKUP_NOT_EXACT (the layout is too large; nothing was stored), INTERRUPTED.
 */
export async function storeDatabase(
  repository: Repository,
  database: DatabaseToStore,
  options: StoreDatabaseOptions,
): Promise<StoredDatabase> {
  const store = await ContentStore.open(repository, options.avoidedPacks, options.signal);
  try {
    await using hash = new RowsHash(options.expectedBytes);
    return await new DatabaseWriter(repository, store, hash, options).write(database);
  } catch (error) {
    await store.abandon();
    throw error;
  }
}

class DatabaseWriter {
  readonly #repository: Repository;
  readonly #store: ContentStore;
  readonly #options: StoreDatabaseOptions;
  readonly #hash: RowsHash;
  readonly #totals: CutTotals = { newChunks: 0, newBytes: 0, reusedChunks: 0, reusedBytes: 0 };
  readonly #meter = new SliceMeter();
  #rows = 0;
  #bytes = 0;
  #sharedRows = 0;

  constructor(repository: Repository, store: ContentStore, hash: RowsHash, options: StoreDatabaseOptions) {
    this.#repository = repository;
    this.#store = store;
    this.#hash = hash;
    this.#options = options;
  }

  async write(database: DatabaseToStore): Promise<StoredDatabase> {
    const { exact, signal } = this.#options;
    const survey = exact && (await surveyExact(exact, signal));
    const sections: RecipeSection[] = [];
    for (const bucket of database.buckets()) {
      const name = bucket.name.slice();
      const recipe = new RecipeDraft();
      this.#hash.startBucket(name);
      await this.#writeBucket(bucket, recipe);
      this.#hash.endBucket();
      sections.push({ name, sequence: bucket.sequence, entries: recipe.finish() });
    }
    const recipe: Uint8Array[] = [];
    for (const part of encodeRecipe(sections)) {
      const id = this.#store.idOf('recipe', part);
      await this.#store.add('recipe', id, part);
      recipe.push(id);
    }
    const [repository, store, totals] = [this.#repository, this.#store, this.#totals];
    const layout = survey && (await storeLayout(exact, survey, { repository, store, totals, signal }));
    const { uploadedBytes } = await this.#store.finish();
    return {
      recipe,
      ...(layout !== undefined && { layout }),
      rowsSha256: await this.#hash.finish(),
      rows: this.#rows,
      bytes: this.#bytes,
      sharedRows: this.#sharedRows,
      stored: { ...this.#totals, uploadedBytes },
    };
  }

  async #writeBucket(bucket: StoreBucket, recipe: RecipeDraft): Promise<void> {
    const isRevisions = Buffer.from(bucket.name).toString() === revisionBucket;
    const { control } = this.#repository.keys.secrets;
    const cutter = new RowCutter(this.#store, rowDigests(control), this.#totals, isRevisions);
    const plan = isRevisions ? await this.#match(bucket) : undefined;
    if (plan === undefined) await this.#storeAll(bucket, cutter, recipe);
    else await this.#storeByPlan(bucket, plan, cutter, recipe);
    await cutter.finish();
  }

  async #match(bucket: StoreBucket): Promise<RowPlan | undefined> {
    const { parent, signal } = this.#options;
    if (parent === undefined) return undefined;
    const sections = await readRecipe(this.#repository, parent, signal);
    const section = sections.find(({ name }) => Buffer.from(name).toString() === revisionBucket);
    if (section === undefined) return undefined;
    const digestOf = rowDigests(this.#repository.keys.secrets.control);
    const plan = await matchRows({
      ...{ bucket, digestOf, signal },
      look: (key, value) => this.#noteRow(key, value),
      onProgress: () => this.#options.onProgress?.(this.#bytes),
      entries: section.entries,
      repository: this.#repository,
      store: this.#store,
    });
    this.#sharedRows += plan.sharedRows;
    return plan;
  }

  async #storeAll(bucket: StoreBucket, cutter: RowCutter, recipe: RecipeDraft): Promise<void> {
    for (const { key, value } of scanRows(bucket)) {
      this.#noteRow(key, value);
      const cut = cutter.add(key, value, recipe);
      if (cut !== undefined) await cut;
      if (this.#meter.count(key.length + value.length)) await this.#pause();
    }
  }

  async #storeByPlan(
    bucket: StoreBucket,
    plan: RowPlan,
    cutter: RowCutter,
    recipe: RecipeDraft,
  ): Promise<void> {
    const due = chooseDue(plan);
    const references = new Map<ParentChunk, ChunkReference>();
    for (const chunk of plan.chunks) {
      if (chunk.keptBytes === 0 || due.has(chunk)) continue;
      references.set(chunk, { id: chunk.id });
      this.#totals.reusedChunks++;
      this.#totals.reusedBytes += chunk.keptBytes;
    }
    // Only what goes into chunks is read once more; it lies side by side for the most part.
    let rows: Iterator<StoreEntry> | undefined;
    for (const { chunk, start, count, firstKey } of plan.stretches()) {
      const reference = chunk && references.get(chunk);
      if (reference !== undefined) {
        recipe.add(reference, start, count);
        rows = undefined;
        continue;
      }
      rows ??= bucket.entries(firstKey)[Symbol.iterator]();
      for (let left = count; left > 0; left--) {
        const next = rows.next();
        if (next.done === true) throw new Error('a database changed while it was stored');
        const { key, value } = next.value;
        const cut = cutter.add(key, value, recipe);
        if (cut !== undefined) await cut;
        if (this.#meter.count(key.length + value.length)) await this.#pause();
      }
    }
  }

  #noteRow(key: Uint8Array, value: Uint8Array): void {
    this.#hash.add(key, value);
    this.#rows++;
    this.#bytes += key.length + value.length;
  }

  async #pause(): Promise<void> {
    this.#options.onProgress?.(this.#bytes);
    await yieldToEventLoop();
    throwIfInterrupted(this.#options.signal);
  }
}
