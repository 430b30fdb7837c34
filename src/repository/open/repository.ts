import { createHash } from 'node:crypto';
import { formatHex, hasCode, type HoldfastError, RecentMap } from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import {
  ChunkIndex,
  type ChunkPlace,
  decodeSegment,
  encodeSegment,
  type IndexedPack,
} from '../chunk-index/index.ts';
import { damaged } from '../failures.ts';
import { type KeyUse, type RepositoryConfig, type RepositoryKeys, type Slot, usesOf } from '../keys/index.ts';
import { type BuiltPack, packName, PackOpener, type PieceType } from '../pack/index.ts';
import { headerBytes, openObject, sealObject } from '../sealing/index.ts';
import { isUnreadable } from './small-objects.ts';

export const segmentDirectory = 'index/';

/** The name of the index segment with this SHA-256 (hex). */
export function segmentName(sha256: string): string {
  return `${segmentDirectory}${sha256}`;
}

export interface RepositoryParts {
  readonly storage: Storage;
  readonly keys: RepositoryKeys;
  /** The slot that it was opened with. */
  readonly slot: Slot;
  readonly configs: readonly [RepositoryConfig, ...RepositoryConfig[]];
}

/** How many keys of packs are kept at hand. */
const openerLimit = 256;

/** An open repository. Holds the index in memory once it was asked for; the store is the caller's and stays open. */
export class Repository {
  readonly storage: Storage;
  readonly keys: RepositoryKeys;
  readonly slot: Slot;
  readonly configs: RepositoryParts['configs'];
  /** Segments that could not be read when the index was loaded last: name and why. */
  unreadableSegments: readonly { readonly name: string; readonly error: Error }[] = [];
  #index: Promise<ChunkIndex> | undefined;
  readonly #openers = new RecentMap<string, PackOpener>(openerLimit);

  constructor({ storage, keys, slot, configs }: RepositoryParts) {
    this.storage = storage;
    this.keys = keys;
    this.slot = slot;
    this.configs = configs;
  }

  get repositoryId(): string {
    return this.keys.repositoryId;
  }

  /** What the key that it was opened with allows. */
  get uses(): readonly KeyUse[] {
    return usesOf(this.keys.secrets);
  }

  /** The index, loaded at the first call. */
  index(signal?: AbortSignal): Promise<ChunkIndex> {
    this.#index ??= this.#load(signal);
    return this.#index;
  }

  /** Loads the index again: all segments that are there now. */
  reloadIndex(signal?: AbortSignal): Promise<ChunkIndex> {
    this.#index = undefined;
    return this.index(signal);
  }

  async #load(signal: AbortSignal | undefined): Promise<ChunkIndex> {
    const index = new ChunkIndex();
    const unreadable: { name: string; error: Error }[] = [];
    try {
      for await (const { name } of this.storage.list(segmentDirectory, { signal })) {
        try {
          for (const pack of await this.readSegment(name, signal)) index.add(pack);
        } catch (error) {
          // A pruner replaces segments; what is damaged costs the chunks that only it names.
          if (hasCode(error, 'STORAGE_OBJECT_MISSING')) continue;
          if (!isUnreadable(error)) throw error;
          unreadable.push({ name, error });
        }
      }
    } catch (error) {
      this.#index = undefined;
      throw error;
    }
    this.unreadableSegments = unreadable;
    return index;
  }

  /** The packs of one segment. Errors: STORAGE_OBJECT_MISSING, REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN. */
  async readSegment(name: string, signal?: AbortSignal): Promise<IndexedPack[]> {
    const bytes = await this.storage.get(name, { signal });
    if (segmentName(createHash('sha256').update(bytes).digest('hex')) !== name)
      throw damaged(name, 'is not what its name says');
    const content = openObject(this.keys, { kind: 'index', name: segmentDirectory }, bytes, name);
    return decodeSegment(content, name);
  }

  /** Puts a pack. It is known to others only when a segment names it. */
  async putPack(pack: BuiltPack, signal?: AbortSignal): Promise<void> {
    await this.storage.putIfAbsent(pack.name, pack.content, { signal });
  }

  /** Puts an index segment that names these packs, and adds them to the index. Returns its name and size. */
  async putSegment(
    packs: readonly IndexedPack[],
    signal?: AbortSignal,
  ): Promise<{ readonly name: string; readonly sizeBytes: number }> {
    const object = { kind: 'index', name: segmentDirectory } as const;
    const bytes = await sealObject(this.keys, object, encodeSegment(packs));
    const name = segmentName(createHash('sha256').update(bytes).digest('hex'));
    await this.storage.putIfAbsent(name, [bytes], { signal });
    const index = await this.index(signal);
    for (const pack of packs) index.add(pack);
    return { name, sizeBytes: bytes.length };
  }

  /**
   * A content by its type and id; the bytes are the caller's. Tries all places, and when none is left loads the index
   * once more, since a pruner may have moved it.
   *
   * Errors: REPOSITORY_DAMAGED (no place, or none that holds what was written), REPOSITORY_KEY_INSUFFICIENT, those of
   * `Storage`.
   */
  async getContent(type: PieceType, id: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    let failure: HoldfastError | undefined;
    for (const load of [() => this.index(signal), () => this.reloadIndex(signal)]) {
      for (const place of (await load()).find(type, id)) {
        try {
          return await this.readPlace(place, signal);
        } catch (error) {
          if (!hasCode(error, 'STORAGE_OBJECT_MISSING') && !isUnreadable(error)) throw error;
          failure = error;
        }
      }
    }
    const what = `${type} ${formatHex(id).slice(0, 16)}`;
    if (failure === undefined) throw damaged(what, 'is in no pack that the index names');
    if (failure.code === 'STORAGE_OBJECT_MISSING')
      throw damaged(what, `its pack is missing (${failure.message})`, failure);
    throw failure;
  }

  /** The content at one place. Errors: STORAGE_OBJECT_MISSING, REPOSITORY_DAMAGED, REPOSITORY_KEY_INSUFFICIENT. */
  async readPlace({ pack, entry }: ChunkPlace, signal?: AbortSignal): Promise<Uint8Array> {
    const opener = await this.openPack(pack, signal);
    const range = { offset: entry.offset, lengthBytes: entry.pieceBytes, limitBytes: entry.pieceBytes };
    return opener.open(entry, await this.storage.get(packName(pack.digest), { ...range, signal }));
  }

  /** What opens the pieces of a pack; kept for the packs that were used last. */
  async openPack(
    { digest, kind }: Pick<IndexedPack, 'digest' | 'kind'>,
    signal?: AbortSignal,
  ): Promise<PackOpener> {
    const name = packName(digest);
    const known = this.#openers.get(name);
    if (known !== undefined) return known;
    const header = await this.storage.get(name, { lengthBytes: headerBytes, signal });
    const opener = new PackOpener(this.keys, kind, header, name);
    this.#openers.set(name, opener);
    return opener;
  }
}
