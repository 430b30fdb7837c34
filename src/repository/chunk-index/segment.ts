import { ContentReader, ContentWriter } from '../encoding/index.ts';
import { unknownFormat } from '../failures.ts';
import { decodeEntries, encodeEntries, type PackKind, type PieceEntry } from '../pack/index.ts';
import { objectKinds } from '../sealing/index.ts';

/** A pack as the index knows it. */
export interface IndexedPack {
  /** SHA-256 of its bytes, 32 bytes. */
  readonly digest: Uint8Array;
  readonly kind: PackKind;
  readonly sizeBytes: number;
  readonly entries: readonly PieceEntry[];
}

const kinds: readonly PackKind[] = ['chunkPack', 'tablePack', 'bundlePack'];
const digestBytes = 32;

/** The content of an index segment. */
export function encodeSegment(packs: readonly IndexedPack[]): Uint8Array {
  const writer = new ContentWriter();
  writer.varint(packs.length);
  for (const { digest, kind, sizeBytes, entries } of packs) {
    writer.bytes(digest);
    writer.byte(objectKinds[kind]);
    writer.varint(sizeBytes);
    encodeEntries(writer, entries);
  }
  return writer.finish();
}

/** Reads a segment; digests and ids are views of the content. Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN. */
export function decodeSegment(content: Uint8Array, what: string): IndexedPack[] {
  const reader = new ContentReader(content, what);
  const packs: IndexedPack[] = [];
  for (let left = reader.count(digestBytes + 3); left > 0; left--) {
    const digest = reader.bytes(digestBytes);
    const number = reader.byte();
    const kind = kinds.find((name) => objectKinds[name] === number);
    if (kind === undefined) throw unknownFormat(what, `names a pack of a kind (${number}) not known here`);
    const sizeBytes = reader.varint();
    packs.push({ digest, kind, sizeBytes, entries: decodeEntries(reader, kind, what) });
  }
  reader.end();
  return packs;
}
