/**
 * What a member answers to a range request, from a file.
 * Source of the fact: etcd server/etcdserver/txn/range.go and server/storage/mvcc/kvstore_txn.go, 3.6.14.
 */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { OperationContext } from '../../base/index.ts';
import {
  type KeyValue,
  KeyValueSchema,
  openEtcdClient,
  type RangeRequest,
  RangeRequest_SortOrder as SortOrder,
  RangeRequest_SortTarget as SortTarget,
  RangeRequestSchema,
  type ResponseHeader,
  ResponseHeaderSchema,
} from '../../etcd/index.ts';
import type { ObjectSource, SourceEntry, SourceKey } from '../objects/source/index.ts';
import { firstOf } from './list-keys.ts';
import { type KeysOptions, openKeys, rangeOf } from './open-keys.ts';
import { sortEntries } from './sort-entries.ts';

export interface GetKeysOptions extends Omit<KeysOptions, 'revision'> {
  readonly request: MessageInitShape<typeof RangeRequestSchema>;
}

/** An answer whose keys come one by one. Dispose it when they have come. */
export interface KeyAnswer extends AsyncDisposable {
  /** Of a file only the revision is known: ids and term are those of a member that answers. */
  readonly header: ResponseHeader;
  readonly kvs: AsyncIterable<KeyValue>;
  readonly more: boolean;
  readonly count: bigint;
}

/**
 * Answers a range request as etcd does. A live etcd is asked itself; of a file memory does not grow with the range,
 * unless it is sorted by value.
 *
 * Errors: those of opening the source; of a live etcd those of its client.
 */
export async function getKeys(options: GetKeysOptions, ctx: OperationContext): Promise<KeyAnswer> {
  const request = create(RangeRequestSchema, options.request);
  if (typeof options.source !== 'string') return await askLive(options.source.live, request);
  const source = await openKeys({ ...options, revision: request.revision }, ctx);
  try {
    return await answer(source, request, ctx);
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

async function askLive(
  options: Parameters<typeof openEtcdClient>[0],
  request: RangeRequest,
): Promise<KeyAnswer> {
  await using client = openEtcdClient(options);
  const { header, kvs, more, count } = await client.kv.range(request);
  return {
    header: header ?? create(ResponseHeaderSchema),
    kvs: asAsync(kvs),
    more,
    count,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function* asAsync<T>(items: readonly T[]): AsyncGenerator<T> {
  await Promise.resolve();
  yield* items;
}

async function answer(
  source: ObjectSource,
  request: RangeRequest,
  ctx: OperationContext,
): Promise<KeyAnswer> {
  const range = rangeOf(request);
  const { count, admitted } = await countKeys(source, request, ctx);
  const { limit, keysOnly } = request;
  const isCut = limit > 0n && admitted > limit && !request.countOnly;
  const kvs = async function* () {
    if (request.countOnly) return;
    const wanted = filtered(source.keys(range), request);
    const read = (key: SourceKey) => source.entry(key);
    const sorted = needsSorting(request) ? sortEntries(fetched(wanted, request, ctx), request, read) : wanted;
    for await (const key of firstOf(sorted, limit, ctx)) yield keyValueOf(await source.entry(key), keysOnly);
  };
  return {
    header: create(ResponseHeaderSchema, { revision: source.currentRevision }),
    kvs: kvs(),
    more: isCut,
    count,
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

/** Keys in the range, and those of them that the limits of revisions let through. */
async function countKeys(
  source: ObjectSource,
  request: RangeRequest,
  ctx: OperationContext,
): Promise<{ readonly count: bigint; readonly admitted: bigint }> {
  let count = 0n;
  let admitted = 0n;
  for await (const key of firstOf(source.keys(rangeOf(request)), 0n, ctx)) {
    count++;
    if (isAdmitted(key, request)) admitted++;
  }
  return { count, admitted };
}

async function* filtered(keys: AsyncIterable<SourceKey>, request: RangeRequest): AsyncGenerator<SourceKey> {
  for await (const key of keys) if (isAdmitted(key, request)) yield key;
}

function isAdmitted({ modRevision, createRevision }: SourceKey, request: RangeRequest): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  return (
    (maxModRevision === 0n || modRevision <= maxModRevision) &&
    (minModRevision === 0n || modRevision >= minModRevision) &&
    (maxCreateRevision === 0n || createRevision <= maxCreateRevision) &&
    (minCreateRevision === 0n || createRevision >= minCreateRevision)
  );
}

function needsSorting({ sortOrder, sortTarget }: RangeRequest): boolean {
  return sortOrder !== SortOrder.NONE || sortTarget !== SortTarget.KEY;
}

/** What etcd has before it sorts: without an order it reads no more than the limit and one. */
function fetched(
  keys: AsyncIterable<SourceKey>,
  request: RangeRequest,
  ctx: OperationContext,
): AsyncIterable<SourceKey> {
  const { limit, sortOrder } = request;
  const limits = [
    request.minModRevision,
    request.maxModRevision,
    request.minCreateRevision,
    request.maxCreateRevision,
  ];
  const readsAll = limit <= 0n || sortOrder !== SortOrder.NONE || limits.some((each) => each !== 0n);
  return readsAll ? keys : firstOf(keys, limit + 1n, ctx);
}

function keyValueOf({ key, value, lease }: SourceEntry, keysOnly: boolean): KeyValue {
  const { createRevision, modRevision, version } = key;
  const facts = { key: key.key, createRevision, modRevision, version, lease };
  return create(KeyValueSchema, keysOnly ? facts : { ...facts, value });
}
