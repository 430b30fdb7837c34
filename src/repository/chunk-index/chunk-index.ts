import { formatHex } from '../../base/index.ts';
import { type PieceEntry, type PieceType, pieceTypes } from '../pack/index.ts';
import type { IndexedPack } from './segment.ts';

/** Where a content lies. */
export interface ChunkPlace {
  readonly pack: IndexedPack;
  readonly entry: PieceEntry;
}

/** What lies where: the union of segments, in memory. About 300 bytes a content, which is one in a MiB of rows. */
export class ChunkIndex {
  readonly #places = new Map<string, ChunkPlace[]>();
  readonly #packs = new Map<string, IndexedPack>();

  /** Adds a pack; one that is known already changes nothing. */
  add(pack: IndexedPack): void {
    const name = formatHex(pack.digest);
    if (this.#packs.has(name)) return;
    this.#packs.set(name, pack);
    for (const entry of pack.entries) {
      const key = keyOf(entry.type, entry.id);
      const places = this.#places.get(key);
      if (places === undefined) this.#places.set(key, [{ pack, entry }]);
      else places.push({ pack, entry });
    }
  }

  /** All places of a content; any will do. */
  find(type: PieceType, id: Uint8Array): readonly ChunkPlace[] {
    return this.#places.get(keyOf(type, id)) ?? [];
  }

  has(type: PieceType, id: Uint8Array): boolean {
    return this.#places.has(keyOf(type, id));
  }

  packs(): Iterable<IndexedPack> {
    return this.#packs.values();
  }

  get contentCount(): number {
    return this.#places.size;
  }
}

function keyOf(type: PieceType, id: Uint8Array): string {
  return `${pieceTypes[type]}${Buffer.from(id.buffer, id.byteOffset, id.length).toString('base64')}`;
}
