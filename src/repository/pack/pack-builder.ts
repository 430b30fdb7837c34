import { createHash } from 'node:crypto';
import { formatHex, utf8 } from '../../base/index.ts';
import { ContentWriter } from '../encoding/index.ts';
import type { RepositoryKeys } from '../keys/index.ts';
import {
  createObjectKey,
  headerBytes,
  type NewObjectKey,
  packContent,
  type PackedContent,
  sealPacked,
  sealPiece,
} from '../sealing/index.ts';
import { encodeEntries } from './pack-entries.ts';
import { packKindOf, type PackKind, type PieceEntry, type PieceType, pieceTypes } from './piece-types.ts';

/** At this size a pack is closed. */
export const packTargetBytes = 8 << 20;
export const packDirectory = 'packs/';
export const footerBytes = 8;
/** HFRP */
export const footerMagic = 0x50524648;
export const tableAssociation = utf8('table');

/** A pack that is ready to be put. */
export interface BuiltPack {
  /** `packs/<xx>/<sha256>` */
  readonly name: string;
  /** The SHA-256 of its bytes, 32 bytes. */
  readonly digest: Uint8Array;
  readonly kind: PackKind;
  readonly content: readonly Uint8Array[];
  readonly sizeBytes: number;
  readonly entries: readonly PieceEntry[];
}

/** Puts sealed pieces together into a pack, in memory. */
export class PackBuilder {
  readonly kind: PackKind;
  readonly #key: NewObjectKey;
  readonly #parts: Uint8Array[];
  readonly #entries: PieceEntry[] = [];
  #sizeBytes = headerBytes;

  constructor(keys: RepositoryKeys, kind: PackKind) {
    this.kind = kind;
    this.#key = createObjectKey(keys, kind, packDirectory);
    this.#parts = [this.#key.header];
  }

  /** Bytes so far, without the table. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get isFull(): boolean {
    return this.#sizeBytes >= packTargetBytes;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /**
   * Compresses a content and seals it into the pack. Of several at a time, the first to be ready is the first in it.
   * @param id 32 bytes; kept
   */
  async add(type: PieceType, id: Uint8Array, content: Uint8Array): Promise<PieceEntry> {
    return this.addPacked(type, id, await packContent(content));
  }

  /** Seals a content that is compressed already. */
  addPacked(type: PieceType, id: Uint8Array, packed: PackedContent): PieceEntry {
    if (packKindOf(type) !== this.kind) throw new RangeError(`${type} in a ${this.kind}`);
    const offset = this.#sizeBytes;
    const piece = sealPacked(this.#key.key, offset, packed, pieceAssociation(type, id));
    const entry = { type, id, offset, pieceBytes: piece.length, contentBytes: packed.contentBytes };
    this.#parts.push(piece);
    this.#sizeBytes += piece.length;
    this.#entries.push(entry);
    return entry;
  }

  /** Adds the table and names the pack. Nothing can be added after that. */
  async finish(): Promise<BuiltPack> {
    const writer = new ContentWriter(this.#entries.length * 40 + 10);
    encodeEntries(writer, this.#entries);
    const table = await sealPiece(this.#key.key, this.#sizeBytes, writer.finish(), tableAssociation);
    const footer = Buffer.alloc(footerBytes);
    footer.writeUInt32LE(table.length, 0);
    footer.writeUInt32LE(footerMagic, 4);
    const content = [...this.#parts, table, footer];
    const hash = createHash('sha256');
    for (const part of content) hash.update(part);
    const digest = Uint8Array.from(hash.digest());
    const sizeBytes = this.#sizeBytes + table.length + footerBytes;
    return { name: packName(digest), digest, kind: this.kind, content, sizeBytes, entries: this.#entries };
  }
}

/** The name of the pack with this SHA-256. */
export function packName(digest: Uint8Array): string {
  const hex = formatHex(digest);
  return `${packDirectory}${hex.slice(0, 2)}/${hex}`;
}

/** What a piece is bound to besides its place. */
export function pieceAssociation(type: PieceType, id: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(pieceTypes[type]), id]);
}
