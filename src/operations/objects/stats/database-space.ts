import { join } from 'node:path';
import { equalBytes, hasCode, openFileSource, utf8 } from '../../../base/index.ts';
import { type Database, openDatabase, type Outline, outlineDatabase } from '../../../formats/bbolt/index.ts';
import { snapDirectory } from '../../../formats/data-dir/index.ts';
import type { ObjectSource, ObjectSourceOptions } from '../source/index.ts';
import type { PackedRows } from './packed-size.ts';

/** What a database takes on the disk, and what would be left of it. */
export interface DatabaseSpace {
  /** All of its pages, as etcd's `dbSize` has it. */
  readonly sizeBytes: number;
  /** Pages that nothing is in: a defragmentation alone returns them. Undefined when the pages cannot be told apart. */
  readonly freeBytes: number | undefined;
  /** An estimate of its size after a compaction at the revision that is looked at, and a defragmentation. */
  readonly compactedBytes: number;
}

const livePageSize = 4096;
/** About what a record has beside key and value: a live etcd does not tell the sizes of records. */
export const recordFactsBytes = 16;

/** Measures the database of a source. Errors: those of opening it. */
export async function measureSpace(
  { kind }: ObjectSource,
  { source }: Pick<ObjectSourceOptions, 'source'>,
  liveRows: PackedRows,
): Promise<DatabaseSpace> {
  if (typeof source !== 'string') {
    const { openEtcdClient } = await import('../../../etcd/index.ts');
    await using client = openEtcdClient(source.live);
    const { dbSize, dbSizeInUse } = await client.maintenance.status({});
    const sizeBytes = Number(dbSize);
    const compacted = liveRows.pageCount(livePageSize) * livePageSize;
    return {
      sizeBytes,
      freeBytes: sizeBytes - Number(dbSizeInUse),
      compactedBytes: Math.min(sizeBytes, compacted),
    };
  }
  const file = openFileSource(kind === 'data-dir' ? join(snapDirectory(source), 'db') : source);
  try {
    const database = openDatabase(file);
    const { pageSize, pageCount } = database.meta;
    const used = countUsedPages(database);
    const compacted = liveRows.pageCount(pageSize) + (used?.beside ?? 0);
    return {
      sizeBytes: pageCount * pageSize,
      freeBytes: used && (pageCount - used.all) * pageSize,
      compactedBytes: Math.min(pageCount, compacted) * pageSize,
    };
  } finally {
    file.close();
  }
}

interface UsedPages {
  readonly all: number;
  /** Leaves of other buckets than `key`. */
  readonly beside: number;
}

/** Pages in use, both metas included; undefined of a tree that no outline can be made of. */
function countUsedPages(database: Database): UsedPages | undefined {
  let outline: Outline;
  try {
    outline = outlineDatabase(database);
  } catch (error) {
    if (hasCode(error, 'DATABASE_CORRUPT')) return undefined;
    throw error;
  }
  const pagesOf = leafMeter(database);
  let all = 2 + outline.otherPages.length;
  let beside = 0;
  for (const { bucket, firstLeaf, leafCount } of outline.buckets) {
    let pages = 0;
    for (let leaf = firstLeaf; leaf < firstLeaf + leafCount; leaf++) pages += pagesOf(outline.leafIds[leaf]!);
    all += pages;
    if (!equalBytes(bucket.name, utf8('key'))) beside += pages;
  }
  return all > database.meta.pageCount ? undefined : { all, beside };
}

/** Tells of a leaf how many pages it has, from its header alone. */
function leafMeter({ source, pageSize }: Database): (id: number) => number {
  const header = new Uint8Array(16);
  const view = new DataView(header.buffer);
  return (id) => {
    source.readInto(header, id * pageSize);
    return 1 + view.getUint32(12, true);
  };
}
