/**
 * Meta pages: which of the two is live, and how large a page is.
 *
 * ```
 * 16 magic u32 · 20 version u32 · 24 pageSize u32 · 28 flags u32 · 32 root pgid u64 · 40 sequence u64
 * 48 freelist pgid u64 · 56 high-water pgid u64 · 64 txid u64 · 72 FNV-1a-64 of bytes 16…71
 * ```
 * Source: bbolt `internal/common/meta.go` and `db.go`, v1.4.3.
 */
import { type ByteSource, HoldfastError } from '../../base/index.ts';
import { pageFlags, readPageId } from './page.ts';

const magic = 0xed0cdaed;
const magicBigEndian = 0xedda0ced;
const formatVersion = 2;
/** Bytes from the start of a meta page to the end of its checksum. */
export const metaEnd = 80;
/** Far above what any member reaches; near the end of 64 bits the next commit would count from 0 and be lost. */
export const maximumTxid = 1n << 63n;
const freelistNone = 0xffff_ffff_ffff_ffffn;

export interface Meta {
  readonly pageSize: number;
  /** Page id of the root bucket's top page. */
  readonly rootId: number;
  readonly rootSequence: bigint;
  /** Page id of the freelist, or undefined when it is not stored (etcd on Linux never stores it). */
  readonly freelistId: number | undefined;
  /** High-water mark: the number of pages in use. */
  readonly pageCount: number;
  readonly txid: bigint;
}

/** A meta page that did not validate, and why, in bbolt's own words. */
export interface InvalidMeta {
  readonly reason: 'invalid database' | 'version mismatch' | 'checksum error' | 'page size out of range';
}

/** Decodes the meta at the start of `bytes` (a page, or at least its first 80 bytes). */
export function decodeMeta(bytes: Uint8Array): Meta | InvalidMeta {
  if (bytes.length < metaEnd) return { reason: 'invalid database' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(16, true) !== magic) return { reason: 'invalid database' };
  if (view.getUint32(20, true) !== formatVersion) return { reason: 'version mismatch' };
  if (view.getBigUint64(72, true) !== fnv1a64(bytes.subarray(16, 72))) return { reason: 'checksum error' };
  const pageSize = view.getUint32(24, true);
  if (!isPageSize(pageSize)) return { reason: 'page size out of range' };
  const freelist = view.getBigUint64(48, true);
  return {
    pageSize,
    rootId: readPageId(view, 32),
    rootSequence: view.getBigUint64(40, true),
    freelistId: freelist === freelistNone ? undefined : readPageId(view, 48),
    pageCount: readPageId(view, 56),
    txid: view.getBigUint64(64, true),
  };
}

/** Encodes a whole meta page of `meta.pageSize` bytes for page `id` (0 or 1). */
export function encodeMetaPage(id: number, meta: Meta): Uint8Array {
  const bytes = new Uint8Array(meta.pageSize);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(id), true);
  view.setUint16(8, pageFlags.meta, true);
  view.setUint32(16, magic, true);
  view.setUint32(20, formatVersion, true);
  view.setUint32(24, meta.pageSize, true);
  view.setBigUint64(32, BigInt(meta.rootId), true);
  view.setBigUint64(40, meta.rootSequence, true);
  view.setBigUint64(48, meta.freelistId === undefined ? freelistNone : BigInt(meta.freelistId), true);
  view.setBigUint64(56, BigInt(meta.pageCount), true);
  view.setBigUint64(64, meta.txid, true);
  view.setBigUint64(72, fnv1a64(bytes.subarray(16, 72)), true);
  return bytes;
}

export function isValidMeta(meta: Meta | InvalidMeta): meta is Meta {
  return 'pageSize' in meta;
}

function isPageSize(size: number): boolean {
  return size >= 1024 && size <= 16 * 1024 * 1024 && (size & (size - 1)) === 0;
}

export interface MetaPages {
  readonly live: Meta;
  /** Both pages as they decode, in file order. */
  readonly pages: readonly [Meta | InvalidMeta, Meta | InvalidMeta];
}

/**
 * Reads both meta pages and picks the live one: the larger txid among those that validate.
 * The page size comes from whichever meta validates first, as bbolt ≥ 1.3.7 looks for it.
 *
 * Throws NOT_A_DATABASE when neither validates.
 */
export function readMetas(source: ByteSource): MetaPages {
  if (source.sizeBytes === 0) throw notADatabase(source, 'the file is empty');
  const first = decodeMetaAt(source, 0);
  const pageSize = isValidMeta(first) ? first.pageSize : findSecondMeta(source);
  if (pageSize === undefined) throw notADatabase(source, reasonOf(source, first));
  const second = decodeMetaAt(source, pageSize);
  const valid = [first, second].filter(isValidMeta).filter((meta) => meta.pageSize === pageSize);
  const live = valid.reduce((best, meta) => (meta.txid > best.txid ? meta : best));
  return { live, pages: [first, second] };
}

function decodeMetaAt(source: ByteSource, offset: number): Meta | InvalidMeta {
  const bytes = new Uint8Array(metaEnd);
  return source.readInto(bytes, offset) < metaEnd ? { reason: 'invalid database' } : decodeMeta(bytes);
}

function findSecondMeta(source: ByteSource): number | undefined {
  for (let size = 1024; size <= 16 * 1024 * 1024 && size < source.sizeBytes - 1024; size *= 2) {
    const meta = decodeMetaAt(source, size);
    if (isValidMeta(meta) && meta.pageSize === size) return size;
  }
  return undefined;
}

function reasonOf(source: ByteSource, first: Meta | InvalidMeta): string {
  const head = new Uint8Array(metaEnd);
  const length = source.readInto(head, 0);
  const packed = compressionOf(head);
  if (packed !== undefined) return `it is ${packed}: unpack it first`;
  if (length < metaEnd) return `the file has only ${source.sizeBytes} bytes`;
  if (new DataView(head.buffer).getUint32(16, true) === magicBigEndian) {
    return 'it was written on a big-endian machine, which is not supported';
  }
  return isValidMeta(first) ? 'no second meta page' : `both meta pages are damaged (${first.reason})`;
}

function compressionOf(head: Uint8Array): string | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip-compressed';
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd-compressed';
  if (head[0] === 0x50 && head[1] === 0x4b && head[2] === 0x03 && head[3] === 0x04) return 'a zip archive';
  return undefined;
}

function notADatabase(source: ByteSource, why: string): HoldfastError {
  return new HoldfastError('NOT_A_DATABASE', `${source.name} is not an etcd database: ${why}`, {
    details: { path: source.name },
  });
}

/** FNV-1a, 64 bits, of a short run of bytes. */
export function fnv1a64(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
