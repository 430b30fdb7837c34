/**
 * The index kept beside a file, `FILE.holdfast-index`:
 *
 *   "hfindex1" · u32 length of the header · header, JSON · padding to 8 · keyEnds · starts · the columns of rows ·
 *   keyBytes · padding to 4 · u32 CRC-32C of everything before
 *
 * Numbers are little-endian. The header has what the file was when the index was made: its size, the time of its last
 * change, and a SHA-256 over both meta pages and its last 32 bytes (the digest of a snapshot). An index of another
 * file, or a damaged one, is passed over; every record read through it is checked to be the one that was meant.
 */
import { createHash } from 'node:crypto';
import { fstatSync, readFileSync } from 'node:fs';
import {
  crc32c,
  createDurableFile,
  displayText,
  errnoOf,
  type FileSource,
  fileError,
  formatHex,
  type OperationContext,
  utf8,
} from '../../../base/index.ts';
import { type Database, openDatabase } from '../../../formats/bbolt/index.ts';
import {
  KeyIndex,
  type KeyIndexParts,
  type RowColumn,
  rowColumns,
} from '../../../formats/key-index/index.ts';

/** A file whose index is looked for or made. */
export interface IndexedFile {
  readonly file: FileSource;
  readonly database: Database;
  /** What the file was when it was opened: it may change while the index is made, which is none of what it is then. */
  readonly identity: string;
}

/** Errors: those of `openDatabase`. */
export function openIndexedFile(file: FileSource): IndexedFile {
  // The time comes first: whatever changes after that shows in it.
  const { mtimeNs, size } = fstatSync(file.fd, { bigint: true });
  const database = openDatabase(file);
  return { file, database, identity: identityOf(file, database, `${size} ${mtimeNs} `) };
}

const magic = 'hfindex1';
const suffix = '.holdfast-index';

interface Header {
  readonly identity: string;
  readonly currentRevision: string;
  readonly compactRevision: string;
  readonly keys: number;
  readonly keyBytes: number;
  readonly rows: number;
}

/** The index beside a file; undefined when there is none that belongs to it. A damaged one is told as a warning. */
export function readIndexFile(of: IndexedFile, ctx: OperationContext): KeyIndex | undefined {
  const path = of.file.name + suffix;
  const bytes = readWhole(path);
  if (bytes === undefined) return undefined;
  const header = readHeader(bytes);
  if (header !== undefined && header.identity !== of.identity) {
    ctx.log.debug('the index beside the file belongs to another state of it', { path });
    return undefined;
  }
  const parts = header && readParts(bytes, header);
  if (parts === undefined) {
    ctx.log.warn('the index beside the file is damaged and not used', { path });
    return undefined;
  }
  return new KeyIndex(parts);
}

/** Keeps an index beside its file. Errors: WRITE_FAILED, DISK_FULL, SAVE_SUPERSEDED (another run is keeping one). */
export async function writeIndexFile(of: IndexedFile, index: KeyIndex): Promise<void> {
  const { currentRevision, compactRevision, keyBytes, keyEnds, starts } = index.parts;
  const header: Header = {
    identity: of.identity,
    currentRevision: currentRevision.toString(),
    compactRevision: compactRevision.toString(),
    keys: index.keyCount,
    keyBytes: keyBytes.length,
    rows: index.rowCount,
  };
  const columns = [keyEnds, starts, ...rowColumns.map((name) => index.parts[name])].map(bytesOf);
  const pieces = [encodeHeader(header), ...columns, keyBytes, new Uint8Array(padding(keyBytes.length, 4))];
  const checksum = new Uint8Array(4);
  const sum = pieces.reduce((before, piece) => crc32c(piece, before), 0);
  new DataView(checksum.buffer).setUint32(0, sum, true);
  const path = of.file.name + suffix;
  await using target = await createDurableFile(path, { temporaryPath: `${path}.part`, replace: true });
  await target.write([...pieces, checksum]);
  await target.commit();
}

function encodeHeader(header: Header): Uint8Array {
  const text = utf8(JSON.stringify(header));
  const start = magic.length + 4;
  const bytes = new Uint8Array(start + text.length + padding(start + text.length, 8));
  bytes.set(utf8(magic));
  new DataView(bytes.buffer).setUint32(magic.length, text.length, true);
  bytes.set(text, start);
  return bytes;
}

function readHeader(bytes: Uint8Array): Header | undefined {
  if (bytes.length < magic.length + 8 || displayText(bytes.subarray(0, magic.length)) !== magic)
    return undefined;
  const length = viewOf(bytes).getUint32(magic.length, true);
  const start = magic.length + 4;
  if (length > 4096 || start + length > bytes.length) return undefined;
  try {
    const header = JSON.parse(displayText(bytes.subarray(start, start + length))) as Partial<Header>;
    const { identity, currentRevision, compactRevision, keys, keyBytes, rows } = header;
    const isWhole =
      typeof identity === 'string' &&
      /^\d{1,19}$/.test(currentRevision ?? '') &&
      /^-?\d{1,19}$/.test(compactRevision ?? '') &&
      [keys, keyBytes, rows].every((count) => Number.isSafeInteger(count) && count! >= 0);
    return isWhole ? (header as Header) : undefined;
  } catch {
    return undefined;
  }
}

function readParts(bytes: Uint8Array, header: Header): KeyIndexParts | undefined {
  const { keys, rows, keyBytes } = header;
  const headerLength = magic.length + 4 + viewOf(bytes).getUint32(magic.length, true);
  let at = headerLength + padding(headerLength, 8);
  const keyStart = at + 4 * (keys + keys + 1 + rowColumns.length * rows);
  const end = keyStart + keyBytes + padding(keyBytes, 4);
  if (end + 4 !== bytes.length) return undefined;
  if (viewOf(bytes).getUint32(end, true) !== crc32c(bytes.subarray(0, end))) return undefined;
  const take = (count: number): Uint32Array => {
    const column = new Uint32Array(bytes.buffer, bytes.byteOffset + at, count);
    at += 4 * count;
    return column;
  };
  const keyEnds = take(keys);
  const starts = take(keys + 1);
  const columns = Object.fromEntries(rowColumns.map((name) => [name, take(rows)]));
  if (!isAscending(keyEnds, keyBytes) || starts[0] !== 0 || !isAscending(starts, rows)) return undefined;
  return {
    ...(columns as Record<RowColumn, Uint32Array>),
    currentRevision: BigInt(header.currentRevision),
    compactRevision: BigInt(header.compactRevision),
    keyEnds,
    starts,
    keyBytes: bytes.subarray(keyStart, keyStart + keyBytes),
  };
}

/** Whether positions never go back and end where they must. */
function isAscending(positions: Uint32Array, end: number): boolean {
  for (let i = 1; i < positions.length; i++) if (positions[i]! < positions[i - 1]!) return false;
  return (positions.at(-1) ?? 0) === end;
}

/** What a file is, as far as can be told without reading it. */
function identityOf(file: FileSource, database: Database, sizeAndTime: string): string {
  const hash = createHash('sha256').update(sizeAndTime);
  const metaBytes = 128;
  for (const offset of [0, database.pageSize]) {
    const meta = new Uint8Array(metaBytes);
    file.readInto(meta, offset);
    hash.update(meta);
  }
  const digest = new Uint8Array(32);
  file.readInto(digest, Math.max(0, file.sizeBytes - digest.length));
  return formatHex(hash.update(digest).digest());
}

/** In memory of its own, so that columns lie at whole words. */
function readWhole(path: string): Uint8Array | undefined {
  try {
    const read = readFileSync(path);
    return read.byteOffset % 8 === 0 ? read : Uint8Array.from(read);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileError(error, 'read', path);
  }
}

function bytesOf(column: Uint32Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function padding(length: number, unit: number): number {
  return (unit - (length % unit)) % unit;
}
