/**
 * What a KV request is refused for before anything is read.
 *
 * Source: etcd server/etcdserver/api/v3rpc/key.go, pkg/adt/interval_tree.go (3.6.16).
 */
import {
  type DeleteRangeRequest,
  type PutRequest,
  type RangeRequest,
  RangeRequest_SortOrder,
  RangeRequest_SortTarget,
  type RequestOp,
  type TxnRequest,
} from '../../api.ts';
import { rpcErrors } from './rpc-error.ts';

/** etcd's default for --max-txn-ops. */
const mostOps = 128;

export function checkRange({ key, sortOrder, sortTarget }: RangeRequest): void {
  if (key.length === 0) throw rpcErrors.emptyKey();
  const isKnown = sortOrder in RangeRequest_SortOrder && sortTarget in RangeRequest_SortTarget;
  if (!isKnown) throw rpcErrors.invalidSortOption();
}

export function checkPut(request: PutRequest): void {
  if (request.key.length === 0) throw rpcErrors.emptyKey();
  if (request.ignoreValue && request.value.length > 0) throw rpcErrors.valueProvided();
  if (request.ignoreLease && request.lease !== 0n) throw rpcErrors.leaseProvided();
}

export function checkDeleteRange({ key }: DeleteRangeRequest): void {
  if (key.length === 0) throw rpcErrors.emptyKey();
}

export function checkTxn(request: TxnRequest): void {
  checkOps(request, mostOps);
  checkOverlaps(request.success);
  checkOverlaps(request.failure);
}

/** A nested transaction may have as many operations as the one around it has left. */
function checkOps({ compare, success, failure }: TxnRequest, most: number): void {
  const count = Math.max(compare.length, success.length, failure.length);
  if (count > most) throw rpcErrors.tooManyOps();
  if (compare.some(({ key }) => key.length === 0)) throw rpcErrors.emptyKey();
  for (const op of success) checkOp(op, most - count);
  for (const op of failure) checkOp(op, most - count);
}

function checkOp({ request }: RequestOp, most: number): void {
  if (request.case === 'requestRange') checkRange(request.value);
  else if (request.case === 'requestPut') checkPut(request.value);
  else if (request.case === 'requestDeleteRange') checkDeleteRange(request.value);
  else if (request.case === 'requestTxn') checkOps(request.value, most);
  else throw rpcErrors.keyNotFound();
}

/** Keys as latin-1 text, one character a byte: in the order of the bytes. */
interface Deletion {
  readonly from: string;
  /** Not included. etcd takes a range end as it is here, so one zero byte is an end before every key, not no end. */
  readonly to: string;
}

interface Touched {
  readonly puts: Set<string>;
  readonly deletions: Deletion[];
}

/**
 * No key may be put twice, or put and deleted, by operations that can come together; the branches of one nested
 * transaction never do.
 */
function checkOverlaps(ops: readonly RequestOp[]): Touched {
  const deletions: Deletion[] = [];
  for (const { request } of ops)
    if (request.case === 'requestDeleteRange') deletions.push(deletionOf(request.value));
  const puts = new Set<string>();
  for (const { request } of ops)
    if (request.case === 'requestTxn') addNested(request.value, { puts, deletions });
  for (const { request } of ops) {
    if (request.case !== 'requestPut') continue;
    const key = textOf(request.value.key);
    if (puts.has(key) || isDeleted(key, deletions)) throw rpcErrors.duplicateKey();
    puts.add(key);
  }
  return { puts, deletions };
}

function addNested(request: TxnRequest, { puts, deletions }: Touched): void {
  const success = checkOverlaps(request.success);
  const failure = checkOverlaps(request.failure);
  for (const key of success.puts) {
    if (puts.has(key) || isDeleted(key, deletions)) throw rpcErrors.duplicateKey();
    puts.add(key);
  }
  for (const key of failure.puts) {
    const isElsewhere = puts.has(key) && !success.puts.has(key);
    if (isElsewhere || isDeleted(key, deletions)) throw rpcErrors.duplicateKey();
    puts.add(key);
  }
  deletions.push(...success.deletions, ...failure.deletions);
}

function isDeleted(key: string, deletions: readonly Deletion[]): boolean {
  return deletions.some(({ from, to }) => from <= key && key < to);
}

function deletionOf({ key, rangeEnd }: DeleteRangeRequest): Deletion {
  const from = textOf(key);
  return { from, to: rangeEnd.length === 0 ? `${from}\0` : textOf(rangeEnd) };
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}
