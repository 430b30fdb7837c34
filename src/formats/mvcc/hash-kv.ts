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
import { KeyTable } from './key-table.ts';
import { recordInvalid } from './record-fault.ts';
import { RecordScanner } from './record-scanner.ts';
import { compareMain, type RevisionBound, revisionBound, revisionKeyFault } from './revision.ts';
import { checksumRow } from './row-checksum.ts';
import { type KeyValueStoreFile, scanRows, type StoreBucket } from './store-file.ts';
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
  const bounds = { upper: revisionBound(revision), compact: revisionBound(compact) };
  const bucket = store.bucket('key');
  let hash = crc32c(utf8('key'));
  if (bucket !== undefined) {
    const meter = new SliceMeter(compact > 0n ? 2 : 1);
    const keep = compact > 0n ? yield* keptRows(bucket, bounds.upper, meter) : undefined;
    hash = yield* addRows(hash, bucket, bounds, { keep, meter });
  }
  return { hash, hashRevision: revision, compactRevision: compact };
}

interface Bounds {
  readonly upper: RevisionBound;
  readonly compact: RevisionBound;
}

/** Which rows a compaction at R would keep: one bit for each row, in row order. */
interface KeptRows {
  readonly bits: Uint8Array;
  readonly count: number;
}

/** States of a user key while its rows pass by; other values are the number of its newest live row, plus 1. */
const keyState = { deleted: 0, closed: 0xffff_ffff } as const;

/** The newest row of each key at R, unless the key is deleted there. */
function* keptRows(bucket: StoreBucket, upper: RevisionBound, meter: SliceMeter): Steps<KeptRows> {
  const keys = new KeyTable();
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
    const id = keys.intern(value, scanner.keyStart, scanner.keyEnd);
    if (id === known) states.push(keyState.deleted);
    noteRow(states, id, {
      row: rows++,
      tombstone: key.length > 17,
      atUpper: order === 0,
      isNew: id === known,
    });
    if (meter.count(key.length + value.length)) yield meter.doneBytes;
  }
  return collectKept(states, rows);
}

interface RowNote {
  readonly row: number;
  readonly tombstone: boolean;
  readonly atUpper: boolean;
  readonly isNew: boolean;
}

function noteRow(states: Uint32Column, id: number, note: RowNote): void {
  const state = states.get(id);
  if (state === keyState.closed) return;
  if (!note.tombstone) states.set(id, note.row + 1);
  else if (state !== keyState.deleted || note.isNew) {
    // A generation that ends at R itself is the one that counts, whatever comes after it in the same transaction.
    states.set(id, note.atUpper ? keyState.closed : keyState.deleted);
  }
}

function collectKept(states: Uint32Column, rows: number): KeptRows {
  const bits = new Uint8Array(Math.ceil(rows / 8));
  let count = 0;
  for (let id = 0; id < states.length; id++) {
    const state = states.get(id);
    if (state === keyState.deleted || state === keyState.closed) continue;
    bits[(state - 1) >>> 3]! |= 1 << ((state - 1) & 7);
    count++;
  }
  return { bits, count };
}

function* addRows(
  start: number,
  bucket: StoreBucket,
  bounds: Bounds,
  { keep, meter }: { readonly keep: KeptRows | undefined; readonly meter: SliceMeter },
): Steps<number> {
  let hash = start;
  // When nothing at all is kept, etcd skips nothing.
  const skips = keep !== undefined && keep.count > 0 ? keep.bits : undefined;
  let row = 0;
  for (const entry of scanRows(bucket)) {
    const { key, value } = entry;
    checkRevisionKey(key);
    if (compareMain(key, bounds.upper) > 0) break;
    const order = compareMain(key, bounds.compact);
    const kept = order > 0 || skips === undefined || (skips[row >>> 3]! & (1 << (row & 7))) !== 0;
    row++;
    // Releases differ in whether they keep a tombstone at the compact revision, so no hash counts it.
    const atCompact = order === 0 && key.length > 17;
    if (kept && !atCompact) hash = checksumRow(entry, hash);
    if (meter.count(key.length + value.length)) yield meter.doneBytes;
  }
  return hash;
}

function checkRevisionKey(key: Uint8Array): void {
  const fault = revisionKeyFault(key);
  if (fault !== undefined) throw recordInvalid('key', `not a revision key: ${fault}`);
}
