import { memorySource, utf8 } from '../../src/base/index.ts';
import { type BuildItem, openDatabase, outlineDatabase } from '../../src/formats/bbolt/index.ts';
import {
  encodeKeyValue,
  encodeRevision,
  encodeTombstone,
  encodeUint64Record,
} from '../../src/formats/mvcc/index.ts';
import { buildDatabase } from './build-database.ts';

/** A small database of every shape that etcd's files have, and which page is what. */
export interface SampleDatabase {
  readonly bytes: Uint8Array;
  readonly pageSize: number;
  readonly pageCount: number;
  /** The root leaf; element 0 is `alarm` (inline, empty), 1 `key` (three levels), 2 `lease` (one leaf), 3 `meta` (inline). */
  readonly root: number;
  /** Top branch of `key`, the branches below it and their leaves, in tree order. */
  readonly top: number;
  readonly branches: readonly number[];
  readonly leaves: readonly number[];
  /** The leaf of `key` that has overflow pages. */
  readonly longLeaf: number;
  /** The one leaf of `lease`. */
  readonly lease: number;
}

export interface SampleOptions {
  readonly pageSize?: number;
  /** Changes in bucket `key`: 400 by default, which with pages of 1 KiB makes three levels. */
  readonly changes?: number;
  /** Writes `meta/storageVersion`, as etcd 3.6 does; true by default. */
  readonly storageVersion?: boolean;
}

export function sampleDatabase(options: SampleOptions = {}): SampleDatabase {
  const { pageSize = 1024, changes = 400, storageVersion = true } = options;
  const meta = [
    { key: utf8('consistent_index'), value: encodeUint64Record(77n) },
    ...(storageVersion ? [{ key: utf8('storageVersion'), value: utf8('3.6.0') }] : []),
    { key: utf8('term'), value: encodeUint64Record(2n) },
  ];
  const bytes = buildDatabase(
    [
      { name: utf8('alarm'), items: [] },
      { name: utf8('key'), items: keyRows(changes, pageSize) },
      { name: utf8('lease'), items: leaseRows(pageSize) },
      { name: utf8('meta'), items: meta },
    ],
    pageSize,
  );
  return { bytes, pageSize, ...pagesOf(bytes) };
}

function pagesOf(bytes: Uint8Array) {
  const database = openDatabase(memorySource(bytes));
  const top = database.bucket('key')!.rootId!;
  const { leafIds, buckets } = outlineDatabase(database);
  const key = buckets[1]!;
  const leaves = [...leafIds.subarray(key.firstLeaf, key.firstLeaf + key.leafCount)];
  const branches: number[] = [];
  const page = database.pages.readTreePage(top);
  for (let index = 0; index < page.count; index++)
    branches.push(page.view.getUint32(16 + index * 16 + 8, true));
  return {
    pageCount: database.meta.pageCount,
    root: database.meta.rootId,
    top,
    branches,
    leaves,
    longLeaf: leaves.find((id) => database.pages.readTreePage(id).overflow > 0)!,
    lease: database.bucket('lease')!.rootId!,
  };
}

/** Puts and deletions of sixty keys; every seventh change is a deletion, one value is longer than two pages. */
function keyRows(changes: number, pageSize: number): BuildItem[] {
  return Array.from({ length: changes }, (_, index) => {
    const main = BigInt(index + 2);
    const key = utf8(`/registry/pods/default/p${(index * 17) % 60}`);
    if (index % 7 === 6) {
      return { key: encodeRevision({ main, sub: 0n, tombstone: true }), value: encodeTombstone(key) };
    }
    const sizeBytes = index === Math.floor(changes / 2) ? pageSize * 2.5 : (index * 31) % 60;
    const value = new Uint8Array(sizeBytes).fill(index);
    const record = { key, createRevision: main, modRevision: main, version: 1n, value, lease: 0n };
    return { key: encodeRevision({ main, sub: 0n, tombstone: false }), value: encodeKeyValue(record) };
  });
}

/** Too much for an inline bucket, little enough for one page. */
function leaseRows(pageSize: number): BuildItem[] {
  const count = Math.ceil((pageSize * 0.6) / 40);
  return Array.from({ length: count }, (_, index) => ({
    key: encodeUint64Record(BigInt(index + 1)),
    value: new Uint8Array(16).fill(index),
  }));
}
