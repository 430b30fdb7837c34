import { formatHex } from '../../base/index.ts';
import type { ChunkIndex, IndexedPack } from '../chunk-index/index.ts';
import { type ContentIds, contentIds } from '../keys/index.ts';
import type { Repository } from '../open/index.ts';
import { PackBuilder, packKindOf, type PackKind, type PieceType, pieceTypes } from '../pack/index.ts';
import { packContent, type PackedContent } from '../sealing/index.ts';

/** What was put. */
export interface StoredContents {
  readonly packs: number;
  /** Packs and index segments. */
  readonly uploadedBytes: number;
}

interface Pending {
  readonly type: PieceType;
  readonly id: Uint8Array;
  readonly contentBytes: number;
  readonly packed: Promise<PackedContent>;
}

/** So much may be on its way through the compressor: enough for all threads, and little memory. */
const pendingBytesLimit = 4 << 20;
const pendingPuts = 1;
/** After so many packs a segment: what an interrupted writer has stored by then is found by the next one. */
const segmentPacks = 64;

/**
 * Puts contents into packs, packs into the store, and then segments that name them. Contents are compressed on other
 * threads while the caller goes on; `add` waits when too much is under way.
 */
export class ContentStore {
  readonly #repository: Repository;
  readonly #index: ChunkIndex;
  readonly #avoided: ReadonlySet<string>;
  readonly #signal: AbortSignal | undefined;
  readonly #idOf: ContentIds;
  readonly #builders = new Map<PackKind, PackBuilder>();
  readonly #added = new Set<string>();
  readonly #pending: Pending[] = [];
  #pendingBytes = 0;
  readonly #puts: Promise<IndexedPack>[] = [];
  #unnamed: IndexedPack[] = [];
  #packs = 0;
  #uploadedBytes = 0;

  /** @param avoided packs that are about to be deleted: see `findPacksToAvoid` */
  private constructor(
    repository: Repository,
    index: ChunkIndex,
    avoided: ReadonlySet<string>,
    signal: AbortSignal | undefined,
  ) {
    this.#repository = repository;
    this.#index = index;
    this.#avoided = avoided;
    this.#signal = signal;
    this.#idOf = contentIds(repository.keys.secrets.control);
  }

  /** @param loadedIndex the index was loaded after the writer's session was put: it need not be loaded again */
  static async open(
    repository: Repository,
    avoided: ReadonlySet<string>,
    signal?: AbortSignal,
    { loadedIndex = false }: { readonly loadedIndex?: boolean } = {},
  ): Promise<ContentStore> {
    const index = await (loadedIndex ? repository.index(signal) : repository.reloadIndex(signal));
    return new ContentStore(repository, index, avoided, signal);
  }

  idOf(type: PieceType, content: Uint8Array): Uint8Array {
    return this.#idOf(pieceTypes[type], content);
  }

  /** Whether a content is in the store to stay, or has been added. */
  has(type: PieceType, id: Uint8Array): boolean {
    if (this.#added.has(keyOf(type, id))) return true;
    return this.#index.find(type, id).some(({ pack }) => !this.#avoided.has(formatHex(pack.digest)));
  }

  /** Adds a content unless it is there; both are kept until they are stored. Whether it was new. */
  async add(type: PieceType, id: Uint8Array, content: Uint8Array): Promise<boolean> {
    if (this.has(type, id)) return false;
    this.#added.add(keyOf(type, id));
    const packed = packContent(content);
    // Who waits for it sees the failure.
    packed.catch(() => {});
    this.#pending.push({ type, id, packed, contentBytes: content.length });
    this.#pendingBytes += content.length;
    while (this.#pendingBytes > pendingBytesLimit) await this.#sealNext();
    return true;
  }

  async #sealNext(): Promise<void> {
    const next = this.#pending.shift();
    if (next === undefined) return;
    const { type, id, contentBytes } = next;
    const packed = await next.packed;
    this.#pendingBytes -= contentBytes;
    const kind = packKindOf(type);
    const builder = this.#builders.get(kind) ?? new PackBuilder(this.#repository.keys, kind);
    this.#builders.set(kind, builder);
    builder.addPacked(type, id, packed);
    if (!builder.isFull) return;
    this.#builders.delete(kind);
    await this.#put(builder);
  }

  async #put(builder: PackBuilder): Promise<void> {
    while (this.#puts.length >= pendingPuts) await this.#finishPut();
    const pack = await builder.finish();
    const { digest, kind, sizeBytes, entries } = pack;
    const put = this.#repository
      .putPack(pack, this.#signal)
      .then(() => ({ digest, kind, sizeBytes, entries }));
    put.catch(() => {});
    this.#puts.push(put);
  }

  async #finishPut(): Promise<void> {
    const put = this.#puts.shift();
    if (put === undefined) return;
    const pack = await put;
    this.#packs++;
    this.#uploadedBytes += pack.sizeBytes;
    this.#unnamed.push(pack);
    if (this.#unnamed.length >= segmentPacks) await this.#name();
  }

  async #name(): Promise<void> {
    if (this.#unnamed.length === 0) return;
    const packs = this.#unnamed;
    this.#unnamed = [];
    const { sizeBytes } = await this.#repository.putSegment(packs, this.#signal);
    this.#uploadedBytes += sizeBytes;
  }

  /** Puts all that is left. After that everything that was added can be found by others. */
  async finish(): Promise<StoredContents> {
    while (this.#pending.length > 0) await this.#sealNext();
    for (const builder of this.#builders.values()) await this.#put(builder);
    this.#builders.clear();
    while (this.#puts.length > 0) await this.#finishPut();
    await this.#name();
    return { packs: this.#packs, uploadedBytes: this.#uploadedBytes };
  }

  /** Waits for what is under way after a failure, so that nothing goes on behind the caller's back. */
  async abandon(): Promise<void> {
    await Promise.allSettled([...this.#puts, ...this.#pending.map(({ packed }) => packed)]);
  }
}

function keyOf(type: PieceType, id: Uint8Array): string {
  return `${type} ${formatHex(id)}`;
}
