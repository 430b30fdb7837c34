/**
 * The numbers of `snapshot status`, computed row by row as the definition says. `operations` has a faster scanner for
 * files; this one is the plain form that any store can be put through.
 *
 * Source: etcd etcdutl/snapshot/v3_snapshot.go (3.5.30, 3.6.14); clientv3/snapshot/v3_snapshot.go (3.4.23).
 */
import { crc32c, runToEnd, SliceMeter, type Steps, utf8 } from '../../base/index.ts';
import { Uint32Column } from './columns.ts';
import { KeyTable } from './key-table.ts';
import { decodeVersionRecord } from './meta-records.ts';
import { recordInvalid } from './record-fault.ts';
import { RecordScanner } from './record-scanner.ts';
import { decodeRevision, revisionKeyFault } from './revision.ts';
import { checksumRow } from './row-checksum.ts';
import { metaKeys } from './schema-buckets.ts';
import { type KeyValueStoreFile, scanRows, type StoreBucket } from './store-file.ts';

/** How TOTAL KEYS counts: rows of all buckets (3.4, 3.5), or distinct live user keys (3.6 and later). */
export type KeyCountRule = 'all-rows' | 'live-keys';

export interface StatusNumbers {
  /** CRC-32C over bucket names and rows; unsigned 32-bit. */
  readonly hash: number;
  /** Main of the last row of `key`; 0 when there is none. May be below the revision of the server. */
  readonly revision: bigint;
  /** Rows of all buckets together: TOTAL KEYS of 3.4 and 3.5. */
  readonly allRows: number;
  /** Distinct user keys alive at the end: TOTAL KEYS of 3.6 and later. */
  readonly liveKeys: number;
  /** Storage version, or empty before 3.6. */
  readonly version: string;
}

/**
 * CRC-32C over, for each root bucket in byte order: its name, then key and value of each row. Rows of every bucket
 * count, so consistent_index and members are part of it.
 */
export function snapshotHash(store: KeyValueStoreFile): number {
  let crc = 0;
  for (const bucket of store.buckets()) {
    crc = crc32c(bucket.name, crc);
    for (const { key, value } of bucket.entries()) crc = crc32c(value, crc32c(key, crc));
  }
  return crc;
}

/** The status numbers of a store. Throws RECORD_INVALID when a row of `key` does not decode. */
export function statusNumbers(store: KeyValueStoreFile): StatusNumbers {
  return runToEnd(statusNumbersSteps(store));
}

/** `statusNumbers` in slices; yields the bytes walked so far. */
export function* statusNumbersSteps(store: KeyValueStoreFile): Steps<StatusNumbers> {
  const meter = new SliceMeter();
  let crc = 0;
  let allRows = 0;
  for (const bucket of store.buckets()) {
    crc = crc32c(bucket.name, crc);
    for (const row of scanRows(bucket)) {
      crc = checksumRow(row, crc);
      allRows++;
      if (meter.count(row.key.length + row.value.length)) yield meter.doneBytes;
    }
  }
  const keys = store.bucket('key');
  const last = keys?.last();
  return {
    hash: crc,
    revision: last === undefined ? 0n : decodeRevision(last.key).main,
    allRows,
    liveKeys: keys === undefined ? 0 : yield* countLiveKeys(keys, meter),
    version: readStorageVersion(store)?.text ?? '',
  };
}

/** The rule by which the etcd that wrote this store counts keys: a storage version exists since 3.6. */
export function keyCountRule(store: KeyValueStoreFile): KeyCountRule {
  return readStorageVersion(store) === undefined ? 'all-rows' : 'live-keys';
}

/** `meta/storageVersion`, or undefined where it is missing or no version (etcdutl then shows none). */
export function readStorageVersion(store: KeyValueStoreFile): { readonly text: string } | undefined {
  const value = store.bucket('meta')?.get(utf8(metaKeys.storageVersion));
  if (value === undefined) return undefined;
  try {
    return decodeVersionRecord(value, 'meta/storageVersion');
  } catch {
    return undefined;
  }
}

function* countLiveKeys(bucket: StoreBucket, meter: SliceMeter): Steps<number> {
  const keys = new KeyTable();
  const live = new Uint32Column();
  const scanner = new RecordScanner();
  let count = 0;
  for (const { key, value } of scanRows(bucket)) {
    const fault = revisionKeyFault(key) ?? scanner.scan(value);
    if (fault !== undefined) throw recordInvalid('key', fault);
    const id = keys.intern(value, scanner.keyStart, scanner.keyEnd);
    if (id === live.length) live.push(0);
    const lives = key.length > 17 ? 0 : 1;
    count += lives - live.get(id);
    live.set(id, lives);
    if (meter.count(key.length + value.length)) yield meter.doneBytes;
  }
  return count;
}
