import type { RecipeEntry } from '../contents/index.ts';

/** A chunk that a recipe names; a new one gets its id when it is full. */
export interface ChunkReference {
  id: Uint8Array | undefined;
}

interface DraftEntry {
  readonly chunk: ChunkReference;
  readonly runs: number[];
  /** Rows of the chunk that the runs have gone over. */
  covered: number;
}

/** The entries of a bucket while its rows are gone through in order. */
export class RecipeDraft {
  readonly #entries: DraftEntry[] = [];

  /** Adds rows of a chunk; `start` is the position of the first of them in the chunk. */
  add(chunk: ChunkReference, start: number, count: number): void {
    let entry = this.#entries.at(-1);
    if (entry?.chunk !== chunk || start < entry.covered) {
      entry = { chunk, runs: [0], covered: 0 };
      this.#entries.push(entry);
    }
    const { runs } = entry;
    if (start > entry.covered) runs.push(start - entry.covered, 0);
    runs[runs.length - 1]! += count;
    entry.covered = start + count;
  }

  /** All chunks have their ids by now. */
  finish(): RecipeEntry[] {
    return this.#entries.map(({ chunk, runs }) => {
      if (chunk.id === undefined) throw new Error('a chunk without an id');
      return { chunk: chunk.id, runs };
    });
  }
}
