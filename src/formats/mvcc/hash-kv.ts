/**
 * HashKV: the checksum of a store's history that members compare to find corruption. Computed from the rows alone,
 * it equals what a server that opened the same store would answer.
 *
 * CRC-32C over the ASCII bytes `key`, then key and value of each row up to revision R, without those rows at or below
 * the compact revision C that the compaction removes or has yet to remove.
 *
 * Source: etcd server/storage/mvcc/{hash,kvstore,key_index}.go (3.6.14); mvcc/kvstore.go (3.4.39).
 */
import { crc32c, runToEnd, SliceMeter, type Steps, utf8 } from '../../base/index.ts';
import { Uint32Column } from './columns.ts';
import { keptRowBits, keyState, noteKeyRow } from './kept-rows.ts';
import { KeySet } from './key-set.ts';
import { recordInvalid } from './record-fault.ts';
import { RecordScanner } from './record-scanner.ts';
import {
  compareMain,
  type RevisionBound,
  revisionBound,
  revisionKeyBytes,
  revisionKeyFault,
} from './revision.ts';
import { checksumRow } from './row-checksum.ts';
import { type KeyValueStoreFile, scanRows, type StoreBucket, type StoreEntry } from './store-file.ts';
import { readStoreRevision, resolveRevision } from './store-revision.ts';

export interface HashKvOptions {
  /** Main revision up to which rows count; 0 (the default) for the current one. */
  readonly revision?: bigint;
  /**
   * Compact revision to assume instead of the store's own, at or above it: what a member that compacted later would
   * answer. -1 for "never compacted".
   */
  readonly compactRevision?: bigint;
}

export interface HashKv {
  /** Unsigned 32-bit. */
  readonly hash: number;
  readonly hashRevision: bigint;
  /** -1 when the store was never compacted. */
  readonly compactRevision: bigint;
}

/**
 * Computes HashKV. Memory grows with the number of keys and, by a bit each, of rows; never with the size of values.
 * Throws REVISION_COMPACTED, REVISION_FUTURE, RECORD_INVALID.
 */
export function hashKv(store: KeyValueStoreFile, options: HashKvOptions = {}): HashKv {
  return runToEnd(hashKvSteps(store, options));
}

/** `hashKv` in slices; yields the bytes walked so far. */
export function* hashKvSteps(store: KeyValueStoreFile, options: HashKvOptions = {}): Steps<HashKv> {
  const own = readStoreRevision(store);
  const compact = options.compactRevision ?? own.compact;
  const revision = resolveRevision(options.revision ?? 0n, { current: own.current, compact });
  const bucket = store.bucket('key');
  const meter = new SliceMeter(compact > 0n ? 2 : 1);
  const keep =
    bucket !== undefined && compact > 0n
      ? yield* keptRows(bucket, revisionBound(revision), meter)
      : undefined;
  const [hash] = yield* hashRows(bucket, revision, [compact], { keep, meter });
  return hash!;
}

/** What members may answer at the newest revision of a store, whichever of some compactions they have come to. */
export interface NewestHashes {
  /** One for each compact revision that was asked for, in that order. */
  readonly hashes: readonly HashKv[];
  /** Keys that a client can read there. */
  readonly keyCount: number;
}

/** Hashes for several compact revisions, -1 for "never compacted", and the count, in two passes. Throws RECORD_INVALID. */
export function* newestHashesSteps(
  store: KeyValueStoreFile,
  compactRevisions: readonly bigint[],
): Steps<NewestHashes> {
  const { current } = readStoreRevision(store);
  const bucket = store.bucket('key');
  const meter = new SliceMeter(2);
  const keep = bucket === undefined ? undefined : yield* keptRows(bucket, revisionBound(current), meter);
  const hashes = yield* hashRows(bucket, current, compactRevisions, { keep, meter });
  return { hashes, keyCount: keep?.keys.countLiveKeys() ?? 0 };
}

/** Which rows a compaction at R would keep: one bit for each row, in row order. */
interface KeptRows {
  readonly bits: Uint8Array;
  readonly count: number;
  /** As of R. */
  readonly keys: KeySet;
}

/** The newest row of each key at R, unless the key is deleted there. */
function* keptRows(bucket: StoreBucket, upper: RevisionBound, meter: SliceMeter): Steps<KeptRows> {
  const keys = new KeySet();
  const states = new Uint32Column();
  const scanner = new RecordScanner();
  let rows = 0;
  for (const { key, value } of scanRows(bucket)) {
    checkRevisionKey(key);
    const order = compareMain(key, upper);
    if (order > 0) break;
    const fault = scanner.scan(value);
    if (fault !== undefined) throw recordInvalid('key', fault);
    const known = keys.size;
    const tombstone = key.length > revisionKeyBytes;
    const id = keys.note(value, scanner.keyStart, scanner.keyEnd, tombstone);
    if (id === known) states.push(keyState.deleted);
    noteKeyRow(states, id, {
      row: rows++,
      tombstone,
      atUpper: order === 0,
      isNew: id === known,
    });
    if (meter.count(key.length + value.length)) yield meter.doneBytes;
  }
  return { ...keptRowBits([states], rows), keys };
}

/** One pass for all compact revisions. */
function* hashRows(
  bucket: StoreBucket | undefined,
  revision: bigint,
  compactRevisions: readonly bigint[],
  { keep, meter }: { readonly keep: KeptRows | undefined; readonly meter: SliceMeter },
): Steps<HashKv[]> {
  const start = crc32c(utf8('key'));
  const sums = compactRevisions.map((compact) => new HashSum(start, compact, keep));
  const upper = revisionBound(revision);
  let row = 0;
  for (const entry of bucket === undefined ? [] : scanRows(bucket)) {
    checkRevisionKey(entry.key);
    if (compareMain(entry.key, upper) > 0) break;
    for (const sum of sums) sum.add(entry, row);
    row++;
    if (meter.count(entry.key.length + entry.value.length)) yield meter.doneBytes;
  }
  return sums.map(({ hash, compact }) => ({ hash, hashRevision: revision, compactRevision: compact }));
}

/** The hash under one compact revision, row by row. */
class HashSum {
  hash: number;
  readonly compact: bigint;
  readonly #bound: RevisionBound;
  /** When nothing at all is kept, etcd skips nothing. */
  readonly #skips: Uint8Array | undefined;

  constructor(start: number, compact: bigint, keep: KeptRows | undefined) {
    this.hash = start;
    this.compact = compact;
    this.#bound = revisionBound(compact);
    this.#skips = compact > 0n && keep !== undefined && keep.count > 0 ? keep.bits : undefined;
  }

  add(entry: StoreEntry, row: number): void {
    const order = compareMain(entry.key, this.#bound);
    const bits = this.#skips;
    const isKept = order > 0 || bits === undefined || (bits[row >>> 3]! & (1 << (row & 7))) !== 0;
    // Releases differ in whether they keep a tombstone at the compact revision, so no hash counts it.
    const isAtCompact = order === 0 && entry.key.length > revisionKeyBytes;
    if (isKept && !isAtCompact) this.hash = checksumRow(entry, this.hash);
  }
}

function checkRevisionKey(key: Uint8Array): void {
  const fault = revisionKeyFault(key);
  if (fault !== undefined) throw recordInvalid('key', `not a revision key: ${fault}`);
}
