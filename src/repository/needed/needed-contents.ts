import { decodeRecipe } from '../contents/index.ts';
import { type JsonValue, parseVersioned } from '../encoding/index.ts';
import { damaged } from '../failures.ts';
import { decodeLayout } from '../layout/index.ts';
import { isUnreadable, type Repository } from '../open/index.ts';
import type { PieceType } from '../pack/index.ts';
import { type BackupRecord, recordName } from '../records/index.ts';
import { contentKey } from './content-key.ts';

/** What one backup needs. */
export interface BackupNeeds {
  /** Keys of `contentKey`. Row tables are among them, though not every chunk has one. */
  readonly contents: ReadonlySet<string>;
  /** Whether it has a bundle whose list cannot be read with the keys at hand: files of it are not in `contents`. */
  readonly hasUnknownFiles: boolean;
}

/**
 * Finds out what backups need, each once: a backup never changes.
 *
 * Errors of `of`: REPOSITORY_DAMAGED when recipe, layout or list of files cannot be read, those of the store.
 */
export class NeededContents {
  readonly #repository: Repository;
  readonly #known = new Map<string, BackupNeeds>();
  /** One text for each content, however many backups need it. */
  readonly #keys = new Map<string, string>();

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  async of(record: BackupRecord, signal?: AbortSignal): Promise<BackupNeeds> {
    const known = this.#known.get(record.id);
    if (known !== undefined) return known;
    const contents = new Set<string>();
    const need = (type: PieceType, id: Uint8Array) => contents.add(this.#keyOf(type, id));
    for (const id of record.recipe) need('recipe', id);
    for (const chunk of await this.#chunks(record, signal)) {
      need('rows', chunk);
      need('rowTable', chunk);
    }
    if (record.layout !== undefined) {
      need('layout', record.layout);
      const layout = await this.#repository.getContent('layout', record.layout, signal);
      const { pageChunks } = decodeLayout(layout, `the layout of ${recordName(record.id)}`);
      for (const id of pageChunks) need('pages', id);
    }
    let files: readonly Uint8Array[] | undefined = [];
    if (record.bundle !== undefined) {
      need('bundleList', record.bundle.list);
      files = await this.#files(record.bundle.list, record.id, signal);
      for (const id of files ?? []) need('bundleFile', id);
    }
    const needs = { contents, hasUnknownFiles: files === undefined };
    this.#known.set(record.id, needs);
    return needs;
  }

  #keyOf(type: PieceType, id: Uint8Array): string {
    const key = contentKey(type, id);
    const same = this.#keys.get(key);
    if (same === undefined) this.#keys.set(key, key);
    return same ?? key;
  }

  async #chunks({ id, recipe }: BackupRecord, signal: AbortSignal | undefined): Promise<Uint8Array[]> {
    const parts: Uint8Array[] = [];
    for (const part of recipe) parts.push(await this.#repository.getContent('recipe', part, signal));
    const sections = decodeRecipe(parts, `the recipe of ${recordName(id)}`);
    return sections.flatMap(({ entries }) => entries.map(({ chunk }) => chunk));
  }

  /** The files of a bundle; undefined when the keys at hand do not read its list. */
  async #files(
    list: Uint8Array,
    id: string,
    signal: AbortSignal | undefined,
  ): Promise<readonly Uint8Array[] | undefined> {
    if (!this.#repository.uses.includes('bundle')) return undefined;
    const what = `the bundle list of ${recordName(id)}`;
    const content = await this.#repository.getContent('bundleList', list, signal);
    return decodeFileIds(content, what);
  }
}

/** Ids of the files in a bundle list: each entry of `files` has one, in hex. */
function decodeFileIds(content: Uint8Array, what: string): readonly Uint8Array[] | undefined {
  let files: JsonValue | undefined;
  try {
    files = parseVersioned(content, what)['files'];
  } catch (error) {
    // A list of a newer version: its files stay, whatever they are.
    if (isUnreadable(error)) return undefined;
    throw error;
  }
  if (!Array.isArray(files)) return undefined;
  return (files as readonly JsonValue[]).map((file) => {
    const id = typeof file === 'object' && file !== null && 'id' in file ? file['id'] : undefined;
    if (typeof id !== 'string' || !/^[0-9a-f]{64}$/.test(id))
      throw damaged(what, 'names a file without an id');
    return Uint8Array.from(Buffer.from(id, 'hex'));
  });
}
