/**
 * Builds the index of a store in one pass. A database is read leaf by leaf through its outline, mostly from front to
 * back in large reads; whatever is unusual about it is left to the walk with cursors, which explains damage.
 */
import { equalBytes, hasCode, SliceMeter, type Steps, utf8 } from '../../base/index.ts';
import {
  boundStart,
  type BucketOutline,
  type Database,
  mayOverflow,
  type Outline,
  outlineDatabase,
  scanLeaf,
} from '../bbolt/index.ts';
import { type KeyValueStoreFile, readStoreRevision, scanRows } from '../mvcc/index.ts';
import { IndexBuilder, type IndexedRows } from './index-builder.ts';

export type { IndexedRows } from './index-builder.ts';
import type { KeyIndex } from './key-index.ts';

/** The index of any store; its records have to be looked up by their row keys. Throws RECORD_INVALID. */
export function* indexStoreSteps(store: KeyValueStoreFile): Steps<KeyIndex> {
  return (yield* walkRows(store, new IndexBuilder())).index;
}

/** The index of a database file, with the place of each record in it. Throws DATABASE_CORRUPT, RECORD_INVALID. */
export function* indexDatabaseSteps(database: Database): Steps<KeyIndex> {
  return (yield* indexRowsSteps(database)).index;
}

/**
 * `indexDatabaseSteps`, with what else the pass finds out.
 * @param leasesAt main revision at which it is noted which keys have a lease; without it, at none
 */
export function* indexRowsSteps(database: Database, leasesAt?: bigint): Steps<IndexedRows> {
  const outline = outlineOf(database);
  const rows = outline?.buckets.find(({ bucket }) => equalBytes(bucket.name, utf8('key')));
  if (outline !== undefined && rows !== undefined && rows.leafCount > 0) {
    const builder = new IndexBuilder(leasesAt);
    const reader = new LeafReader(database);
    const isSound = yield* scanLeaves(reader, outline, rows, builder);
    if (isSound) {
      const usedPages = metaPages + outline.otherPages.length + outline.leafCount + reader.overflowPages;
      return { ...builder.finish(readStoreRevision(database)), usedPages };
    }
  }
  return yield* walkRows(database, new IndexBuilder(leasesAt));
}

const metaPages = 2;

function* walkRows(store: KeyValueStoreFile, builder: IndexBuilder): Steps<IndexedRows> {
  const revision = readStoreRevision(store);
  const bucket = store.bucket('key');
  const meter = new SliceMeter();
  for (const { key, value } of bucket === undefined ? [] : scanRows(bucket)) {
    builder.add(key, value, undefined);
    if (meter.count(key.length + value.length)) yield meter.doneBytes;
  }
  return builder.finish(revision);
}

function outlineOf(database: Database): Outline | undefined {
  try {
    return outlineDatabase(database);
  } catch (error) {
    if (hasCode(error, 'DATABASE_CORRUPT')) return undefined;
    throw error;
  }
}

/** Returns false when a leaf is not plainly sound. */
function* scanLeaves(
  reader: LeafReader,
  outline: Outline,
  { firstLeaf, leafCount }: BucketOutline,
  builder: IndexBuilder,
): Steps<boolean> {
  const { leafIds, bounds, boundEnds } = outline;
  const end = firstLeaf + leafCount;
  const meter = new SliceMeter();
  for (let leaf = firstLeaf; leaf < end; leaf++) {
    if (!reader.load(leafIds[leaf]!)) return false;
    const { bytes, view, pageStart, pageEnd, fileOffset } = reader;
    const lowerEnd = boundEnds[leaf]!;
    const range = {
      bytes: bounds,
      lowerStart: boundStart(boundEnds, leaf),
      lowerEnd,
      upperStart: lowerEnd,
      upperEnd: leaf + 1 === end ? 0 : boundEnds[leaf + 1]!,
    };
    const run = scanLeaf(bytes, view, pageStart, pageEnd, leafIds[leaf]!, range, (key, keyEnd, valueEnd) => {
      builder.add(bytes.subarray(key, keyEnd), bytes.subarray(keyEnd, valueEnd), fileOffset + keyEnd);
    });
    if (run === undefined) return false;
    if (meter.count(pageEnd - pageStart)) yield meter.doneBytes;
  }
  return true;
}

/** Pages read at once where leaves follow each other. */
const longestWindowBytes = 1 << 20;

/** Reads leaf pages with their overflow; further ahead, the longer they have come one after the other. */
class LeafReader {
  bytes: Uint8Array = new Uint8Array(0);
  view = new DataView(new ArrayBuffer(0));
  pageStart = 0;
  pageEnd = 0;
  /** Where `bytes[0]` lies in the file. */
  fileOffset = 0;
  readonly #database: Database;
  readonly #buffer = new Uint8Array(longestWindowBytes);
  #windowPages = 1;
  /** All leaves together have no more overflow than the file has pages. */
  #overflowLeft: number;

  constructor(database: Database) {
    this.#database = database;
    this.#overflowLeft = database.meta.pageCount;
  }

  /** Pages that leaves had beside their first ones. */
  get overflowPages(): number {
    return this.#database.meta.pageCount - this.#overflowLeft;
  }

  /** Loads a leaf; false when it cannot be as it says. */
  load(id: number): boolean {
    const { pageSize } = this.#database;
    const offset = id * pageSize;
    if (!this.#holds(offset, pageSize) && !this.#read(offset, pageSize)) return false;
    const at = offset - this.fileOffset;
    const overflow = this.view.getUint32(at + 12, true);
    if (overflow > 0) {
      if (overflow > this.#overflowLeft || !mayOverflow(this.view, at, pageSize)) return false;
      this.#overflowLeft -= overflow;
      const sizeBytes = (1 + overflow) * pageSize;
      if (!this.#holds(offset, sizeBytes) && !this.#read(offset, sizeBytes)) return false;
    }
    this.pageStart = offset - this.fileOffset;
    this.pageEnd = this.pageStart + (1 + overflow) * pageSize;
    return true;
  }

  #holds(offset: number, sizeBytes: number): boolean {
    return offset >= this.fileOffset && offset + sizeBytes <= this.fileOffset + this.bytes.length;
  }

  #read(offset: number, sizeBytes: number): boolean {
    const { pageSize, source } = this.#database;
    const windowEnd = this.fileOffset + this.bytes.length;
    const isNext = this.bytes.length > 0 && offset >= this.fileOffset && offset <= windowEnd + 8 * pageSize;
    const mostPages = Math.max(1, Math.floor(longestWindowBytes / pageSize));
    this.#windowPages = isNext ? Math.min(mostPages, this.#windowPages * 2) : 1;
    const wanted = Math.max(sizeBytes, this.#windowPages * pageSize);
    const buffer = wanted <= this.#buffer.length ? this.#buffer : new Uint8Array(wanted);
    const target = buffer.subarray(0, wanted);
    const got = source.readInto(target, offset);
    this.bytes = target.subarray(0, got);
    this.view = new DataView(target.buffer, target.byteOffset, got);
    this.fileOffset = offset;
    return got >= sizeBytes;
  }
}
