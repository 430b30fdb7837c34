/** Every live key with everything that etcd tells of it, from a file and from a live cluster, in one form. */
import { createHash } from 'node:crypto';
import { openFileSource } from '../../src/base/index.ts';
import type { EtcdClient } from '../../src/etcd/index.ts';
import { openDatabase } from '../../src/formats/bbolt/index.ts';
import {
  decodeKeyValue,
  decodeLeaseKey,
  decodeRevision,
  type KeyValue,
  type KeyValueStoreFile,
} from '../../src/formats/mvcc/index.ts';
import { keyText } from './workload.ts';

export interface LiveKey {
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  readonly version: bigint;
  readonly lease: bigint;
  readonly valueSizeBytes: number;
  readonly valueSha256: string;
}

/** By `keyText`, in the order of the keys' bytes. */
export type LiveKeys = ReadonlyMap<string, LiveKey>;

export interface StoreContent {
  readonly keys: LiveKeys;
  /** Ids in ascending order. */
  readonly leases: readonly bigint[];
}

/** Keys and leases of a database file. */
export function readFileContent(path: string): StoreContent {
  using source = openFileSource(path);
  return contentOf(openDatabase(source));
}

/** Keys and leases of a store, by the plainest reading: the last row of a key counts. */
export function contentOf(store: KeyValueStoreFile): StoreContent {
  const keys = new Map<string, LiveKey>();
  for (const row of store.bucket('key')?.entries() ?? []) {
    const record = decodeKeyValue(row.value);
    if (decodeRevision(row.key).tombstone) keys.delete(keyText(record.key));
    else keys.set(keyText(record.key), describe(record));
  }
  const leases = [...(store.bucket('lease')?.entries() ?? [])].map(({ key }) => decodeLeaseKey(key));
  return { keys: sortedByKey(keys), leases: ascending(leases) };
}

const everything = Uint8Array.of(0);
/** Values go up to 1 MiB, and all of them at once would be one large answer. */
const keysPerPage = 32n;

/** Keys and leases of a live cluster through our own client, page by page at one revision. */
export async function readLiveContent(client: EtcdClient, revision = 0n): Promise<StoreContent> {
  const keys = new Map<string, LiveKey>();
  let key: Uint8Array = everything;
  let at = revision;
  for (let more = true; more; ) {
    const page = await client.kv.range({ key, rangeEnd: everything, limit: keysPerPage, revision: at });
    for (const record of page.kvs) keys.set(keyText(record.key), describe(record));
    const last = page.kvs.at(-1);
    more = page.more && last !== undefined;
    if (last !== undefined) key = Buffer.concat([last.key, everything]);
    at = at === 0n ? page.header!.revision : at;
  }
  const { leases } = await client.lease.leaseLeases({});
  return { keys: sortedByKey(keys), leases: ascending(leases.map(({ ID }) => ID)) };
}

function describe(record: Omit<KeyValue, 'key'>): LiveKey {
  const { createRevision, modRevision, version, lease, value } = record;
  const valueSha256 = createHash('sha256').update(value).digest('hex');
  return { createRevision, modRevision, version, lease, valueSizeBytes: value.length, valueSha256 };
}

function sortedByKey(keys: ReadonlyMap<string, LiveKey>): LiveKeys {
  const bytes = (text: string) => Buffer.from(text, 'base64');
  return new Map([...keys].sort(([a], [b]) => Buffer.compare(bytes(a), bytes(b))));
}

function ascending(ids: readonly bigint[]): bigint[] {
  return [...ids].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
