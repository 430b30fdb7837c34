import { ChunkBoundary, ChunkDraft, type DraftedChunk } from '../contents/index.ts';
import type { RowDigests } from '../keys/index.ts';
import type { ContentStore } from './content-store.ts';
import type { ChunkReference, RecipeDraft } from './recipe-draft.ts';

/** What went into chunks. */
export interface CutTotals {
  newChunks: number;
  newBytes: number;
  reusedChunks: number;
  reusedBytes: number;
}

/** Cuts rows into chunks, stores those that are new, and writes all into the recipe. */
export class RowCutter {
  readonly #store: ContentStore;
  readonly #digestOf: RowDigests;
  readonly #boundary = new ChunkBoundary();
  readonly #draft = new ChunkDraft();
  readonly #totals: CutTotals;
  readonly #withTables: boolean;
  #chunk: ChunkReference = { id: undefined };

  constructor(store: ContentStore, digestOf: RowDigests, totals: CutTotals, withTables: boolean) {
    this.#store = store;
    this.#digestOf = digestOf;
    this.#totals = totals;
    this.#withTables = withTables;
  }

  /** Adds a row; nothing is kept of the arguments. What it returns is to be awaited before the next one. */
  add(key: Uint8Array, value: Uint8Array, recipe: RecipeDraft): Promise<void> | undefined {
    const rowBytes = key.length + value.length;
    const before = this.#boundary.endsBefore(rowBytes) ? this.#endChunk() : undefined;
    const digest = this.#digestOf(key, value);
    recipe.add(this.#chunk, this.#draft.rowCount, 1);
    this.#draft.add(key, value, digest);
    const after = this.#boundary.endsAfter(rowBytes, digest) ? this.#endChunk() : undefined;
    return before === undefined || after === undefined ? (before ?? after) : before.then(() => after);
  }

  /** Ends the last chunk. */
  async finish(): Promise<void> {
    if (this.#draft.rowCount > 0) await this.#endChunk();
  }

  /** The chunk gets its id at once; the rest is under way. */
  #endChunk(): Promise<void> {
    const drafted = this.#draft.finish();
    this.#boundary.restart();
    const id = this.#store.idOf('rows', drafted.rows);
    this.#chunk.id = id;
    this.#chunk = { id: undefined };
    return this.#put(id, drafted);
  }

  async #put(id: Uint8Array, { rows, table, rowBytes }: DraftedChunk): Promise<void> {
    const isNew = await this.#store.add('rows', id, rows);
    if (isNew) {
      this.#totals.newChunks++;
      this.#totals.newBytes += rowBytes;
    } else {
      this.#totals.reusedChunks++;
      this.#totals.reusedBytes += rowBytes;
    }
    if (this.#withTables && table !== undefined) await this.#store.add('rowTable', id, table);
  }
}
