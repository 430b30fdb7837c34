/**
 * Puts, deletions and transactions carried out in a write transaction of the store.
 *
 * Source: etcd server/etcdserver/txn/txn.go (3.6.16).
 */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { KeyValue } from '../../../formats/mvcc/index.ts';
import type {
  DeleteRangeRequest,
  DeleteRangeResponseSchema,
  PutRequest,
  PutResponseSchema,
  ResponseOpSchema,
  TxnResponseSchema,
} from '../../api.ts';
import type { EtcdStore, StoreRange, StoreRangeResult } from '../store/index.ts';
import type { TakenTxn } from './kv-compare.ts';
import { answerRange } from './kv-range.ts';
import type { ReleaseWays } from './release-ways.ts';
import { rpcErrors } from './rpc-error.ts';

/** A transaction of the store, or reads where nothing is to be written. */
export interface Workspace {
  readonly revision: bigint;
  range(query: StoreRange): StoreRangeResult;
  put(key: Uint8Array, value: Uint8Array, lease: bigint): KeyValue;
  deleteRange(key: Uint8Array, rangeEnd?: Uint8Array): number;
}

export type HasLease = (id: bigint) => boolean;

/** What a put of a transaction depends on. */
export interface PutSurroundings {
  readonly store: EtcdStore;
  readonly hasLease: HasLease;
  readonly ways: ReleaseWays;
}

/** What a put of a transaction is refused for. */
export function checkPutState(request: PutRequest, { store, hasLease, ways }: PutSurroundings): void {
  const { key, lease, ignoreValue, ignoreLease } = request;
  const lacksLease = lease !== 0n && !hasLease(lease);
  const lacksKey = (ignoreValue || ignoreLease) && store.range({ key, countOnly: true }).count === 0;
  if (lacksLease && (ways.looksForLeaseFirst || !lacksKey)) throw rpcErrors.leaseNotFound();
  if (lacksKey) throw rpcErrors.keyNotFound();
}

export function applyPut(work: Workspace, request: PutRequest): MessageInitShape<typeof PutResponseSchema> {
  const { key, ignoreValue, ignoreLease, prevKv } = request;
  const before = ignoreValue || ignoreLease || prevKv ? work.range({ key }).kvs[0] : undefined;
  if ((ignoreValue || ignoreLease) && before === undefined) throw rpcErrors.keyNotFound();
  const value = ignoreValue ? before!.value : request.value;
  const lease = ignoreLease ? before!.lease : request.lease;
  const { modRevision } = work.put(own(key), own(value), lease);
  return {
    header: { revision: modRevision },
    ...(prevKv && before !== undefined ? { prevKv: before } : {}),
  };
}

/** Bytes to keep: a copy where a view would keep a much larger message or network buffer alive. */
function own(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > 2 * bytes.length + 256 ? Uint8Array.from(bytes) : bytes;
}

export function applyDeleteRange(
  work: Workspace,
  { key, rangeEnd, prevKv }: DeleteRangeRequest,
): MessageInitShape<typeof DeleteRangeResponseSchema> {
  const prevKvs = prevKv ? [...work.range({ key, rangeEnd }).kvs] : [];
  const deleted = work.deleteRange(key, rangeEnd);
  return { header: { revision: work.revision }, deleted: BigInt(deleted), prevKvs };
}

export function applyTxn(
  work: Workspace,
  taken: TakenTxn,
  ways: ReleaseWays,
): MessageInitShape<typeof TxnResponseSchema> {
  const responses = taken.ops.map((op): MessageInitShape<typeof ResponseOpSchema> => {
    const { request } = op;
    switch (request.case) {
      case 'requestRange': {
        const { revision, ...answer } = answerRange(request.value, (query) => work.range(query), ways);
        return { response: { case: 'responseRange', value: { ...answer, header: { revision } } } };
      }
      case 'requestPut':
        return { response: { case: 'responsePut', value: applyPut(work, request.value) } };
      case 'requestDeleteRange':
        return { response: { case: 'responseDeleteRange', value: applyDeleteRange(work, request.value) } };
      case 'requestTxn':
        return { response: { case: 'responseTxn', value: applyTxn(work, taken.nested.get(op)!, ways) } };
      default:
        throw rpcErrors.keyNotFound();
    }
  });
  // Nested answers have headers without a revision.
  return { header: {}, succeeded: taken.succeeded, responses };
}
