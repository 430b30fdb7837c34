/** Stores in memory, row by row, for tests of what reads buckets and does not care where they are. */
import { compareBytes, displayText, parseHex, utf8 } from '../../src/base/index.ts';
import type { KeyValueStoreFile, StoreBucket, StoreEntry } from '../../src/formats/mvcc/index.ts';

export type Rows = Readonly<Record<string, readonly StoreEntry[]>>;

/** A store over the given rows; each bucket's rows may come in any order. */
export function memoryStore(rows: Rows): KeyValueStoreFile {
  const buckets = Object.entries(rows)
    .map(([name, entries]) => bucketOf(utf8(name), entries))
    .sort((a, b) => compareBytes(a.name, b.name));
  return {
    buckets: () => buckets,
    bucket: (name) =>
      buckets.find((bucket) => compareBytes(bucket.name, typeof name === 'string' ? utf8(name) : name) === 0),
  };
}

function bucketOf(name: Uint8Array, entries: readonly StoreEntry[]): StoreBucket {
  const sorted = entries.toSorted((a, b) => compareBytes(a.key, b.key));
  return {
    name,
    entries: (from) =>
      from === undefined ? sorted : sorted.filter(({ key }) => compareBytes(key, from) >= 0),
    get: (key) => sorted.find((entry) => compareBytes(entry.key, key) === 0)?.value,
    last: () => sorted.at(-1),
  };
}

/** All rows of a store, copied, to change some and put them into another one. */
export function rowsOf(store: KeyValueStoreFile): Record<string, StoreEntry[]> {
  return Object.fromEntries(
    [...store.buckets()].map((bucket) => [
      displayText(bucket.name),
      [...bucket.entries()].map(({ key, value }) => ({ key: key.slice(), value: value.slice() })),
    ]),
  );
}

export function hexRow(key: string, value: string): StoreEntry {
  return { key: parseHex(key), value: parseHex(value) };
}

export function textRow(key: string, value: string): StoreEntry {
  return { key: utf8(key), value: utf8(value) };
}

/**
 * The smallest store with everything in it: puts, an overwrite, an empty value, a deletion, a transaction of two
 * changes, a lease id. Its hashes are known from etcd 3.4 to 3.7.
 */
export const tinyRows: Rows = {
  alarm: [],
  auth: [],
  authRoles: [],
  authUsers: [],
  cluster: [textRow('clusterVersion', '3.5.0')],
  key: [
    hexRow('00000000000000025f0000000000000000', '0a03666f6f1002180220012a03626172'),
    hexRow('00000000000000035f0000000000000000', '0a03666f6f1002180320022a0362617a'),
    hexRow('00000000000000045f0000000000000000', '0a0161100418042001'),
    hexRow('00000000000000055f000000000000000074', '0a0161'),
    hexRow('00000000000000065f0000000000000000', '0a01781006180620012a0131'),
    hexRow('00000000000000065f0000000000000001', '0a01791006180620012a013230b424'),
  ],
  lease: [],
  members: [],
  members_removed: [],
  meta: [
    { key: utf8('consistent_index'), value: parseHex('0000000000000007') },
    { key: utf8('term'), value: parseHex('0000000000000002') },
  ],
};
