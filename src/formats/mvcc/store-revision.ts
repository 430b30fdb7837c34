/**
 * Which revisions a store holds, from its compaction marks and its last row.
 *
 * Source: etcd server/storage/mvcc/{kvstore,store,hash}.go (3.6.14).
 */
import { HoldfastError, utf8 } from '../../base/index.ts';
import { decodeCompactionMark } from './meta-records.ts';
import { decodeRevision } from './revision.ts';
import { metaKeys } from './schema-buckets.ts';
import type { KeyValueStoreFile } from './store-file.ts';

/** Main revisions, or undefined when the store was never compacted. */
export interface CompactionMarks {
  /** Compaction that was asked for. */
  readonly scheduled: bigint | undefined;
  /** Compaction that was completed, up to and including. */
  readonly finished: bigint | undefined;
}

export interface StoreRevision {
  /** What a server would report as its revision after opening the store; at least 1. */
  readonly current: bigint;
  /** Greatest revision that is or will be compacted away at open; -1 when there was no compaction. */
  readonly compact: bigint;
  readonly marks: CompactionMarks;
}

/** Throws RECORD_INVALID. */
export function readCompactionMarks(store: KeyValueStoreFile): CompactionMarks {
  const meta = store.bucket('meta');
  const mark = (name: string) => {
    const value = meta?.get(utf8(name));
    return value === undefined ? undefined : decodeCompactionMark(value, `meta/${name}`);
  };
  return {
    scheduled: mark(metaKeys.scheduledCompactRevision),
    finished: mark(metaKeys.finishedCompactRevision),
  };
}

/** Throws RECORD_INVALID when a mark or the last row's key is not a revision. */
export function readStoreRevision(store: KeyValueStoreFile): StoreRevision {
  const marks = readCompactionMarks(store);
  const last = store.bucket('key')?.last();
  const compact = greatest(marks.scheduled ?? -1n, marks.finished ?? -1n);
  const current = greatest(1n, greatest(compact, last === undefined ? 0n : decodeRevision(last.key).main));
  return { current, compact, marks };
}

/**
 * The revision to answer for when `requested` is asked for: 0 means the current one.
 * Throws REVISION_COMPACTED or REVISION_FUTURE with etcd's texts, USAGE when it is negative.
 */
export function resolveRevision(
  requested: bigint,
  store: Pick<StoreRevision, 'current' | 'compact'>,
): bigint {
  if (requested === 0n) return store.current;
  const details = {
    revision: String(requested),
    currentRevision: String(store.current),
    compactRevision: String(store.compact),
  };
  if (requested < 0n) throw new HoldfastError('USAGE', `revision ${requested} is negative`, { details });
  if (requested < store.compact) {
    throw new HoldfastError('REVISION_COMPACTED', 'mvcc: required revision has been compacted', {
      hint: `Ask for a revision from ${store.compact} to ${store.current}, or 0 for the current one.`,
      details,
    });
  }
  if (requested > store.current) {
    throw new HoldfastError('REVISION_FUTURE', 'mvcc: required revision is a future revision', {
      hint: `Ask for a revision up to ${store.current}, or 0 for the current one.`,
      details,
    });
  }
  return requested;
}

function greatest(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
