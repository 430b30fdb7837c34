import { damaged, unknownFormat } from '../failures.ts';
import type { ContentReader, ContentWriter } from '../encoding/index.ts';
import { contentLimitBytes, headerBytes } from '../sealing/index.ts';
import {
  idBytes,
  packKindOf,
  type PackKind,
  type PieceEntry,
  pieceTypeOf,
  pieceTypes,
} from './piece-types.ts';

/** Writes the list of a pack's pieces, as it stands in the pack and in the index. */
export function encodeEntries(writer: ContentWriter, entries: readonly PieceEntry[]): void {
  writer.varint(entries.length);
  for (const { type, id, pieceBytes, contentBytes } of entries) {
    writer.byte(pieceTypes[type]);
    writer.bytes(id);
    writer.varint(pieceBytes);
    writer.varint(contentBytes);
  }
}

const leastEntryBytes = 1 + idBytes + 2;

/**
 * Reads the list; ids are views. Offsets follow from the sizes: pieces lie without gaps behind the header.
 * Errors: REPOSITORY_DAMAGED (also when a type does not belong into this kind of pack), REPOSITORY_FORMAT_UNKNOWN.
 */
export function decodeEntries(reader: ContentReader, kind: PackKind, what: string): PieceEntry[] {
  const entries: PieceEntry[] = [];
  let offset = headerBytes;
  for (let left = reader.count(leastEntryBytes); left > 0; left--) {
    const number = reader.byte();
    const type = pieceTypeOf(number);
    if (type === undefined) throw unknownFormat(what, `holds something (type ${number}) not known here`);
    if (packKindOf(type) !== kind)
      throw damaged(what, `holds a piece of type ${type}, which does not belong there`);
    const entry = {
      type,
      id: reader.bytes(idBytes),
      offset,
      pieceBytes: reader.varint(),
      contentBytes: reader.varint(),
    };
    if (entry.contentBytes > contentLimitBytes || entry.pieceBytes > contentLimitBytes * 2)
      throw damaged(what, `claims a piece of ${entry.contentBytes} bytes`);
    offset += entry.pieceBytes;
    entries.push(entry);
  }
  return entries;
}
