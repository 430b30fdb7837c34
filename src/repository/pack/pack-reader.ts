import { equalBytes } from '../../base/index.ts';
import { ContentReader } from '../encoding/index.ts';
import { damaged } from '../failures.ts';
import { contentIds, type RepositoryKeys } from '../keys/index.ts';
import {
  decodeHeader,
  findObjectKey,
  headerBytes,
  openPiece,
  openPieceAhead,
  type PieceThreads,
} from '../sealing/index.ts';
import {
  footerBytes,
  footerMagic,
  packDirectory,
  pieceAssociation,
  tableAssociation,
} from './pack-builder.ts';
import { decodeEntries } from './pack-entries.ts';
import { type PackKind, type PieceEntry, pieceTypes } from './piece-types.ts';

/** How a pack's table is found from its end. */
export interface PackFooter {
  readonly tableOffset: number;
  readonly tableBytes: number;
}

/**
 * Decodes the last 8 bytes of a pack of this size.
 * Errors: REPOSITORY_DAMAGED.
 */
export function decodePackFooter(footer: Uint8Array, packBytes: number, what: string): PackFooter {
  const view = new DataView(footer.buffer, footer.byteOffset, footer.length);
  if (footer.length !== footerBytes || view.getUint32(4, true) !== footerMagic)
    throw damaged(what, 'does not end like a pack: it is cut off or was changed');
  const tableBytes = view.getUint32(0, true);
  const tableOffset = packBytes - footerBytes - tableBytes;
  if (tableOffset < headerBytes) throw damaged(what, `claims a table of ${tableBytes} bytes`);
  return { tableOffset, tableBytes };
}

/** Opens pieces of one pack, given its header. Keeps the key, not the pack. */
export class PackOpener {
  readonly kind: PackKind;
  readonly #what: string;
  readonly #key: Uint8Array;
  readonly #idOf: ReturnType<typeof contentIds>;

  /**
   * @param header at least the first 40 bytes of the pack
   * @param what how messages call the pack: its name
   * Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN, REPOSITORY_KEY_INSUFFICIENT.
   */
  constructor(keys: RepositoryKeys, kind: PackKind, header: Uint8Array, what: string) {
    this.kind = kind;
    this.#what = what;
    this.#key = findObjectKey(keys, decodeHeader(header, kind, what), packDirectory, what);
    this.#idOf = contentIds(keys.secrets.control);
  }

  /** The content of a piece; its id is that of the content, or this throws. Errors: REPOSITORY_DAMAGED. */
  open(entry: PieceEntry, piece: Uint8Array): Uint8Array {
    return this.#checked(entry, openPiece(...this.#pieceOf(entry, piece)));
  }

  /**
   * The same, unpacked on another thread meanwhile, or decrypted and unpacked on those that are given.
   * @param checkId false when the caller checks in another way that the content is what was put there
   */
  async openAhead(
    entry: PieceEntry,
    piece: Uint8Array,
    {
      checkId = true,
      threads,
    }: { readonly checkId?: boolean; readonly threads?: PieceThreads | undefined } = {},
  ): Promise<Uint8Array> {
    const args = this.#pieceOf(entry, piece);
    const content = await (threads === undefined ? openPieceAhead(...args) : threads.open(...args));
    return checkId ? this.#checked(entry, content) : this.#wholeOf(entry, content);
  }

  #pieceOf({ type, id, offset, pieceBytes }: PieceEntry, piece: Uint8Array): Parameters<typeof openPiece> {
    if (piece.length !== pieceBytes)
      throw damaged(this.#what, `ends within a piece: ${piece.length} of ${pieceBytes} bytes`);
    return [this.#key, offset, piece, pieceAssociation(type, id), `${this.#what} at ${offset}`];
  }

  #wholeOf({ offset, contentBytes }: PieceEntry, content: Uint8Array): Uint8Array {
    if (content.length !== contentBytes)
      throw damaged(this.#what, `holds ${content.length} bytes at ${offset}, not ${contentBytes}`);
    return content;
  }

  #checked(entry: PieceEntry, content: Uint8Array): Uint8Array {
    const { type, id, offset } = entry;
    this.#wholeOf(entry, content);
    // A row table has the id of its chunk.
    if (type !== 'rowTable' && !equalBytes(this.#idOf(pieceTypes[type], content), id))
      throw damaged(this.#what, `holds at ${offset} another content than its id says`);
    return content;
  }

  /** The list of pieces from the pack's table. Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN. */
  openTable(table: Uint8Array, tableOffset: number): PieceEntry[] {
    const content = openPiece(this.#key, tableOffset, table, tableAssociation, `${this.#what}, its table`);
    const reader = new ContentReader(content, `${this.#what}, its table`);
    const entries = decodeEntries(reader, this.kind, this.#what);
    reader.end();
    const end = entries.reduce((offset, { pieceBytes }) => offset + pieceBytes, headerBytes);
    if (end !== tableOffset) throw damaged(this.#what, 'has a table that does not fit its pieces');
    return entries;
  }
}
