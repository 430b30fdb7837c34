import { formatHex } from '../../base/index.ts';
import { type ChunkRows, openChunkRows, type RecipeSection } from '../contents/index.ts';
import { readContents, type ReadContentsOptions, type Repository } from '../open/index.ts';

/** Chunks that recipes come back to are kept up to so many bytes. */
const keptBytesLimit = 32 << 20;

interface Kept {
  readonly rows: ChunkRows;
  readonly contentBytes: number;
}

/**
 * The chunks of a recipe in the order of its entries, read ahead; those that come again are kept for a while and read
 * again when that was too short.
 */
export class RecentChunks {
  readonly #repository: Repository;
  readonly #signal: AbortSignal | undefined;
  readonly #reads: AsyncGenerator<Uint8Array>;
  readonly #unread = new Set<string>();
  /** How many entries are still to come for a chunk. */
  readonly #uses = new Map<string, number>();
  readonly #kept = new Map<string, Kept>();
  #keptBytes = 0;

  constructor(repository: Repository, sections: readonly RecipeSection[], options: ReadContentsOptions = {}) {
    this.#repository = repository;
    this.#signal = options.signal;
    const ids: Uint8Array[] = [];
    for (const { chunk } of sections.flatMap(({ entries }) => entries)) {
      const name = formatHex(chunk);
      const uses = this.#uses.get(name) ?? 0;
      if (uses === 0) ids.push(chunk);
      this.#uses.set(name, uses + 1);
      this.#unread.add(name);
    }
    const names = ids.map((id) => ({ type: 'rows', id }) as const);
    this.#reads = readContents(repository, names, options);
  }

  /** The chunk of the next entry. Errors: those of `Repository.getContent`. */
  async next(id: Uint8Array): Promise<ChunkRows> {
    const name = formatHex(id);
    const known = this.#take(name);
    const { rows, contentBytes } = known ?? (await this.#read(name, id));
    const uses = this.#uses.get(name)! - 1;
    this.#uses.set(name, uses);
    if (uses > 0) this.#keep(name, { rows, contentBytes });
    return rows;
  }

  async #read(name: string, id: Uint8Array): Promise<Kept> {
    const content = this.#unread.delete(name)
      ? ((await this.#reads.next()).value as Uint8Array)
      : await this.#repository.getContent('rows', id, this.#signal);
    return { rows: openChunkRows(content, `chunk ${name.slice(0, 16)}`), contentBytes: content.length };
  }

  #take(name: string): Kept | undefined {
    const kept = this.#kept.get(name);
    if (kept === undefined) return undefined;
    this.#kept.delete(name);
    this.#keptBytes -= kept.contentBytes;
    return kept;
  }

  /** What was used longest ago goes first. */
  #keep(name: string, kept: Kept): void {
    this.#kept.set(name, kept);
    this.#keptBytes += kept.contentBytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= keptBytesLimit) break;
      this.#take(oldest);
    }
  }

  async end(): Promise<void> {
    await this.#reads.return(undefined);
  }
}
