/**
 * The central directory of a zip file, zip64 included. Source: PKWARE appnote.txt 6.3.10, sections 4.3.7 to 4.3.16,
 * 4.4 and 4.5.3.
 */
import { type ByteSource, HoldfastError } from '../../base/index.ts';

export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflate, 93 zstd. */
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly isDirectory: boolean;
  /** CRC-32 (IEEE) of the content. */
  readonly crc32: number;
  readonly packedBytes: number;
  readonly sizeBytes: number;
  /** Where the entry's own header is. */
  readonly headerOffset: number;
}

const endBytes = 22;
const maxCommentBytes = 0xffff;
const entryHeadBytes = 46;
const localHeadBytes = 30;
/** A backup has one entry, or a handful. */
const maxEntries = 10_000;
const maxDirectoryBytes = 16 << 20;

/** All entries in the order of the directory. Throws RECORD_INVALID. */
export function readZipDirectory(source: ByteSource): ZipEntry[] {
  const { offset, sizeBytes, count } = findDirectory(source);
  if (count > maxEntries || sizeBytes > maxDirectoryBytes || offset + sizeBytes > source.sizeBytes)
    throw invalid(`a zip directory of ${count} entries and ${sizeBytes} bytes`);
  const bytes = readExactly(source, offset, sizeBytes);
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < count; ) {
    const { entry, endOffset } = decodeEntry(bytes, at);
    if (entry.headerOffset + localHeadBytes + entry.packedBytes > offset)
      throw invalid(`the zip entry ${JSON.stringify(entry.name)} reaches into the directory`);
    entries.push(entry);
    at = endOffset;
  }
  return entries;
}

/** Where an entry's content begins. Throws RECORD_INVALID. */
export function zipContentOffset(source: ByteSource, entry: ZipEntry): number {
  const view = viewOf(readExactly(source, entry.headerOffset, localHeadBytes));
  if (view.getUint32(0, true) !== 0x04034b50)
    throw invalid(`the zip entry ${JSON.stringify(entry.name)} is not where the directory says`);
  const offset = entry.headerOffset + localHeadBytes + view.getUint16(26, true) + view.getUint16(28, true);
  if (offset + entry.packedBytes <= source.sizeBytes) return offset;
  throw invalid(`the zip entry ${JSON.stringify(entry.name)} is cut off`);
}

interface DirectoryPlace {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly count: number;
}

function findDirectory(source: ByteSource): DirectoryPlace {
  const tailBytes = Math.min(source.sizeBytes, endBytes + maxCommentBytes);
  const tailOffset = source.sizeBytes - tailBytes;
  const tail = readExactly(source, tailOffset, tailBytes);
  const view = viewOf(tail);
  for (let at = tail.length - endBytes; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue;
    if (at + endBytes + view.getUint16(at + 20, true) !== tail.length) continue;
    const place = {
      count: view.getUint16(at + 10, true),
      sizeBytes: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
    };
    const needs64 = place.count === 0xffff || place.sizeBytes === 0xffffffff || place.offset === 0xffffffff;
    return needs64 ? findDirectory64(source, tailOffset + at) : place;
  }
  throw invalid('the zip file has no directory at its end: it is cut off');
}

function findDirectory64(source: ByteSource, endOffset: number): DirectoryPlace {
  const locator = viewOf(readExactly(source, endOffset - 20, 20));
  if (locator.getUint32(0, true) !== 0x07064b50) throw invalid('a zip64 file without its locator');
  const end = viewOf(readExactly(source, safeNumber(locator, 8), 56));
  if (end.getUint32(0, true) !== 0x06064b50) throw invalid('a zip64 file without its end record');
  return { count: safeNumber(end, 32), sizeBytes: safeNumber(end, 40), offset: safeNumber(end, 48) };
}

function decodeEntry(bytes: Uint8Array, at: number): { entry: ZipEntry; endOffset: number } {
  if (at + entryHeadBytes > bytes.length) throw invalid('the zip directory ends within an entry');
  const view = viewOf(bytes.subarray(at));
  if (view.getUint32(0, true) !== 0x02014b50) throw invalid('the zip directory is damaged');
  const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) =>
    view.getUint16(offset, true),
  ) as [number, number, number];
  const nameEnd = at + entryHeadBytes + nameBytes;
  const endOffset = nameEnd + extraBytes + commentBytes;
  if (endOffset > bytes.length) throw invalid('the zip directory ends within an entry');
  const name = new TextDecoder().decode(bytes.subarray(at + entryHeadBytes, nameEnd));
  const large = zip64Numbers(view, bytes.subarray(nameEnd, nameEnd + extraBytes));
  const entry = {
    name,
    method: view.getUint16(10, true),
    isEncrypted: (view.getUint16(8, true) & 1) === 1,
    isDirectory: name.endsWith('/'),
    crc32: view.getUint32(16, true),
    ...large,
  };
  return { entry, endOffset };
}

/** Sizes and place; those that are all ones stand in the extra field 1, in this order. */
function zip64Numbers(
  view: DataView,
  extra: Uint8Array,
): Pick<ZipEntry, 'sizeBytes' | 'packedBytes' | 'headerOffset'> {
  const large = zip64Field(extra);
  let next = 0;
  const number = (offset: number): number => {
    const small = view.getUint32(offset, true);
    if (small !== 0xffffffff) return small;
    if (large === undefined || next + 8 > large.byteLength) throw invalid('a zip64 entry without its sizes');
    next += 8;
    return safeNumber(large, next - 8);
  };
  const sizeBytes = number(24);
  const packedBytes = number(20);
  return { sizeBytes, packedBytes, headerOffset: number(42) };
}

function zip64Field(extra: Uint8Array): DataView | undefined {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = view.getUint16(at + 2, true);
    if (at + 4 + length > extra.length) return undefined;
    if (view.getUint16(at, true) === 1) return viewOf(extra.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return undefined;
}

function readExactly(source: ByteSource, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (offset < 0 || offset + length > source.sizeBytes || source.readInto(bytes, offset) !== length)
    throw invalid('the zip file is cut off');
  return bytes;
}

function safeNumber(view: DataView, offset: number): number {
  const value = view.getBigUint64(offset, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid('a number in the zip file is out of range');
  return Number(value);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function invalid(what: string): HoldfastError {
  return new HoldfastError('RECORD_INVALID', what);
}
