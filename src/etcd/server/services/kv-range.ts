/**
 * Range: what is fetched is filtered, sorted and cut, in that order; the count is of what was fetched.
 *
 * Source: etcd server/etcdserver/txn/txn.go (3.6.16).
 */
import { compareBytes } from '../../../base/index.ts';
import type { KeyValue } from '../../../formats/mvcc/index.ts';
import { type RangeRequest, RangeRequest_SortOrder, RangeRequest_SortTarget } from '../../api.ts';
import type { StoreRange, StoreRangeResult } from '../store/index.ts';
import { type Compare, goSort } from './go-sort.ts';
import type { ReleaseWays } from './release-ways.ts';

const nothing = new Uint8Array(0);

/** A response without its header. */
export interface RangeAnswer {
  readonly kvs: KeyValue[];
  readonly more: boolean;
  readonly count: bigint;
  /** The revision of its header. */
  readonly revision: bigint;
}

/** Answers a request out of a store or a transaction. */
export function answerRange(
  request: RangeRequest,
  read: (query: StoreRange) => StoreRangeResult,
  ways: ReleaseWays,
): RangeAnswer {
  const { limit, keysOnly, countOnly, revision } = request;
  const result = read({
    key: request.key,
    rangeEnd: request.rangeEnd,
    revision,
    countOnly,
    limit: limit > 0n && !needsAll(request) ? Number(limit) + 1 : 0,
  });
  let kvs = result.kvs.filter((kv) => passes(kv, request));
  sortAnswer(kvs, request);
  const more = limit > 0n && BigInt(kvs.length) > limit;
  if (more) kvs = kvs.slice(0, Number(limit));
  if (keysOnly) {
    const tellsLeases = ways.keysOnlyTellLeases || request.sortTarget === RangeRequest_SortTarget.VALUE;
    kvs = kvs.map((kv) => ({ ...kv, value: nothing, lease: tellsLeases ? kv.lease : 0n }));
  }
  return { kvs, more, count: BigInt(result.count), revision: result.revision };
}

function needsAll(request: RangeRequest): boolean {
  return (
    request.sortOrder !== RangeRequest_SortOrder.NONE ||
    request.minModRevision !== 0n ||
    request.maxModRevision !== 0n ||
    request.minCreateRevision !== 0n ||
    request.maxCreateRevision !== 0n
  );
}

function passes({ modRevision, createRevision }: KeyValue, request: RangeRequest): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  if (maxModRevision !== 0n && modRevision > maxModRevision) return false;
  if (minModRevision !== 0n && modRevision < minModRevision) return false;
  if (maxCreateRevision !== 0n && createRevision > maxCreateRevision) return false;
  return minCreateRevision === 0n || createRevision >= minCreateRevision;
}

const byNumber =
  (field: 'version' | 'createRevision' | 'modRevision'): Compare<KeyValue> =>
  (a, b) =>
    a[field] < b[field] ? -1 : a[field] > b[field] ? 1 : 0;

const orders: Readonly<Record<RangeRequest_SortTarget, Compare<KeyValue>>> = {
  [RangeRequest_SortTarget.KEY]: (a, b) => compareBytes(a.key, b.key),
  [RangeRequest_SortTarget.VERSION]: byNumber('version'),
  [RangeRequest_SortTarget.CREATE]: byNumber('createRevision'),
  [RangeRequest_SortTarget.MOD]: byNumber('modRevision'),
  [RangeRequest_SortTarget.VALUE]: (a, b) => compareBytes(a.value, b.value),
};

/** A target other than the key sorts ascending even without an order; but then only what the limit left. */
function sortAnswer(kvs: KeyValue[], { sortOrder, sortTarget }: RangeRequest): void {
  const isByKey = sortTarget === RangeRequest_SortTarget.KEY;
  const isDescending = sortOrder === RangeRequest_SortOrder.DESCEND;
  if (isByKey && !isDescending) return;
  const order = orders[sortTarget];
  goSort(kvs, isDescending ? (a, b) => order(b, a) : order);
}
