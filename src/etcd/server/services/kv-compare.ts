/**
 * Compares of a transaction, and the branches that they take: all of them look at the state before it.
 *
 * Source: etcd server/etcdserver/txn/txn.go (3.6.16).
 */
import { compareBytes } from '../../../base/index.ts';
import type { KeyValue } from '../../../formats/mvcc/index.ts';
import {
  type Compare,
  Compare_CompareResult,
  Compare_CompareTarget,
  type RequestOp,
  type TxnRequest,
} from '../../api.ts';
import type { StoreRange, StoreRangeResult } from '../store/index.ts';

/** A transaction with the branch that it takes. */
export interface TakenTxn {
  readonly succeeded: boolean;
  readonly ops: readonly RequestOp[];
  /** Of each nested transaction in `ops`. */
  readonly nested: ReadonlyMap<RequestOp, TakenTxn>;
}

export type ReadRange = (query: StoreRange) => StoreRangeResult;

export function takeBranches(request: TxnRequest, read: ReadRange): TakenTxn {
  const succeeded = request.compare.every((compare) => holds(compare, read));
  const ops = succeeded ? request.success : request.failure;
  const nested = new Map<RequestOp, TakenTxn>();
  for (const op of ops)
    if (op.request.case === 'requestTxn') nested.set(op, takeBranches(op.request.value, read));
  return { succeeded, ops, nested };
}

const missing = { createRevision: 0n, modRevision: 0n, version: 0n, lease: 0n, value: new Uint8Array(0) };

function holds(compare: Compare, read: ReadRange): boolean {
  const { kvs } = read({ key: compare.key, rangeEnd: compare.rangeEnd });
  if (kvs.length > 0) return kvs.every((kv) => holdsFor(compare, kv));
  // Nothing counts as a key whose numbers are 0; there is no value that would stand for nothing.
  return compare.target !== Compare_CompareTarget.VALUE && holdsFor(compare, missing);
}

function holdsFor(compare: Compare, kv: Omit<KeyValue, 'key'>): boolean {
  const order = orderOf(compare, kv);
  switch (compare.result) {
    case Compare_CompareResult.EQUAL:
      return order === 0;
    case Compare_CompareResult.NOT_EQUAL:
      return order !== 0;
    case Compare_CompareResult.GREATER:
      return order > 0;
    case Compare_CompareResult.LESS:
      return order < 0;
    default:
      return true;
  }
}

/** An operand for another target than the one that is named counts as 0, or as empty. */
function orderOf({ target, targetUnion: given }: Compare, kv: Omit<KeyValue, 'key'>): number {
  switch (target) {
    case Compare_CompareTarget.VALUE:
      return compareBytes(kv.value, given.case === 'value' ? given.value : missing.value);
    case Compare_CompareTarget.CREATE:
      return sign(kv.createRevision, given.case === 'createRevision' ? given.value : 0n);
    case Compare_CompareTarget.MOD:
      return sign(kv.modRevision, given.case === 'modRevision' ? given.value : 0n);
    case Compare_CompareTarget.VERSION:
      return sign(kv.version, given.case === 'version' ? given.value : 0n);
    case Compare_CompareTarget.LEASE:
      return sign(kv.lease, given.case === 'lease' ? given.value : 0n);
    default:
      return 0;
  }
}

function sign(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
