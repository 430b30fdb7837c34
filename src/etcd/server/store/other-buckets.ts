/** Everything of a store beside the key space: leases and alarms, which change, and what the file says of its cluster. */
import { compareBytes, displayText, utf8 } from '../../../base/index.ts';
import type { Database } from '../../../formats/bbolt/index.ts';
import {
  type AlarmRecord,
  authKeys,
  clusterKeys,
  decodeAlarmKey,
  decodeAuthEnabled,
  decodeLease,
  decodeMember,
  decodeUint64Record,
  encodeAlarmKey,
  encodeCompactionMark,
  encodeLease,
  encodeLeaseKey,
  type KeyValueStoreFile,
  type LeaseRecord,
  metaKeys,
  readStorageVersion,
  type StoreBucket,
  type StoreEntry,
} from '../../../formats/mvcc/index.ts';
import type { StoreFacts } from './store.ts';

/** @param usedPages of the database; all of them when that is not known */
export function readFacts(
  database: Database,
  content: KeyValueStoreFile,
  usedPages = database.meta.pageCount,
): StoreFacts {
  const value = (bucket: string, key: string) => content.bucket(bucket)?.get(utf8(key));
  const uint64 = (bucket: string, key: string) => {
    const bytes = value(bucket, key);
    return bytes === undefined ? 0n : decodeUint64Record(bytes, `${bucket}/${key}`);
  };
  const members = [...(content.bucket('members')?.entries() ?? [])].map((row) => decodeMember(row.value));
  const clusterVersion = value('cluster', clusterKeys.clusterVersion);
  const authEnabled = value('auth', authKeys.enabled);
  return {
    consistentIndex: uint64('meta', metaKeys.consistentIndex),
    term: uint64('meta', metaKeys.term),
    storageVersion: readStorageVersion(content)?.text,
    clusterVersion: clusterVersion === undefined ? undefined : displayText(clusterVersion),
    members: members.sort((a, b) => (a.id < b.id ? -1 : 1)),
    authEnabled: authEnabled !== undefined && decodeAuthEnabled(authEnabled),
    authRevision: uint64('auth', authKeys.revision),
    databaseBytes: database.meta.pageCount * database.pageSize,
    usedBytes: usedPages * database.pageSize,
  };
}

/** Leases and alarms by their row keys, as they are now. */
export class ChangingRows {
  readonly leases = new Map<bigint, LeaseRecord>();
  readonly #alarms = new Map<string, AlarmRecord>();

  constructor(content: KeyValueStoreFile) {
    for (const { value } of content.bucket('lease')?.entries() ?? []) {
      const lease = decodeLease(value);
      this.leases.set(lease.id, lease);
    }
    for (const { key } of content.bucket('alarm')?.entries() ?? []) this.saveAlarm(decodeAlarmKey(key));
  }

  alarms(): AlarmRecord[] {
    return [...this.#alarms.values()];
  }

  saveAlarm(alarm: AlarmRecord): void {
    this.#alarms.set(alarmName(alarm), alarm);
  }

  removeAlarm(alarm: AlarmRecord): void {
    this.#alarms.delete(alarmName(alarm));
  }

  leaseRows(): StoreEntry[] {
    return sortRows(
      [...this.leases.values()].map((lease) => ({
        key: encodeLeaseKey(lease.id),
        value: encodeLease(lease),
      })),
    );
  }

  alarmRows(): StoreEntry[] {
    return sortRows(this.alarms().map((alarm) => ({ key: encodeAlarmKey(alarm), value: new Uint8Array(0) })));
  }
}

function alarmName({ memberId, alarm }: AlarmRecord): string {
  return `${memberId}/${alarm}`;
}

/** The rows of bucket `meta`, with the marks of a compaction. */
export function metaRows(content: KeyValueStoreFile, compactRevision: bigint): StoreEntry[] {
  const rows = new Map<string, StoreEntry>();
  for (const row of content.bucket('meta')?.entries() ?? []) rows.set(displayText(row.key), row);
  if (compactRevision >= 0n) {
    for (const name of [metaKeys.scheduledCompactRevision, metaKeys.finishedCompactRevision])
      rows.set(name, { key: utf8(name), value: encodeCompactionMark(compactRevision) });
  }
  return sortRows([...rows.values()]);
}

/** A bucket of rows in memory, in order. */
export function rowsBucket(name: Uint8Array, rows: readonly StoreEntry[]): StoreBucket {
  return {
    name,
    entries: (from) => (from === undefined ? rows : rows.filter(({ key }) => compareBytes(key, from) >= 0)),
    get: (key) => rows.find((row) => compareBytes(row.key, key) === 0)?.value,
    last: () => rows.at(-1),
  };
}

function sortRows(rows: StoreEntry[]): StoreEntry[] {
  return rows.sort((a, b) => compareBytes(a.key, b.key));
}
