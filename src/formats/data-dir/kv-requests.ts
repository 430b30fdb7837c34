/**
 * The key-value requests that raft entries carry.
 *
 * Source: etcd api/etcdserverpb/rpc.proto (3.4.13 to 3.7.1): the same fields in all of them.
 */
import { HoldfastError } from '../../base/index.ts';
import { boolField, bytesField, enumField, int64Field, readFields } from './fields.ts';

export interface PutRequest {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Lease id, 0 for none. */
  readonly lease: bigint;
  readonly prevKv: boolean;
  readonly ignoreValue: boolean;
  readonly ignoreLease: boolean;
}

export interface KeyRangeRequest {
  readonly key: Uint8Array;
  /** Empty for one key, a single zero byte for all keys from `key` on. */
  readonly rangeEnd: Uint8Array;
}

export interface DeleteRangeRequest extends KeyRangeRequest {
  readonly prevKv: boolean;
}

export interface RangeRequest extends KeyRangeRequest {
  /** 0 for the current revision. */
  readonly revision: bigint;
}

export const compareResults = { equal: 0, greater: 1, less: 2, notEqual: 3 } as const;
export const compareTargets = { version: 0, create: 1, mod: 2, value: 3, lease: 4 } as const;

export interface Compare extends KeyRangeRequest {
  /** A value of `compareResults`; etcd takes others as true. */
  readonly result: number;
  /** A value of `compareTargets`. */
  readonly target: number;
  /** What to compare with, under the target it was given for; a different one counts as 0 or empty. */
  readonly operand: { readonly target: number; readonly number: bigint; readonly bytes: Uint8Array };
}

export type RequestOp =
  | { readonly kind: 'range'; readonly range: RangeRequest }
  | { readonly kind: 'put'; readonly put: PutRequest }
  | { readonly kind: 'deleteRange'; readonly deleteRange: DeleteRangeRequest }
  | { readonly kind: 'txn'; readonly txn: TxnRequest }
  | { readonly kind: 'empty' };

export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}

const none: Uint8Array = new Uint8Array(0);

/** etcd's own API refuses far less; entries nested deeper than this are damage. */
const maximumDepth = 200;

export function decodePutRequest(bytes: Uint8Array): PutRequest {
  const put = { key: none, value: none, lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false };
  readFields(bytes, {
    1: bytesField((value) => (put.key = value)),
    2: bytesField((value) => (put.value = value)),
    3: int64Field((value) => (put.lease = value)),
    4: boolField((value) => (put.prevKv = value)),
    5: boolField((value) => (put.ignoreValue = value)),
    6: boolField((value) => (put.ignoreLease = value)),
  });
  return put;
}

export function decodeDeleteRangeRequest(bytes: Uint8Array): DeleteRangeRequest {
  const request = { key: none, rangeEnd: none, prevKv: false };
  readFields(bytes, {
    1: bytesField((value) => (request.key = value)),
    2: bytesField((value) => (request.rangeEnd = value)),
    3: boolField((value) => (request.prevKv = value)),
  });
  return request;
}

export function decodeRangeRequest(bytes: Uint8Array): RangeRequest {
  const request = { key: none, rangeEnd: none, revision: 0n };
  readFields(bytes, {
    1: bytesField((value) => (request.key = value)),
    2: bytesField((value) => (request.rangeEnd = value)),
    4: int64Field((value) => (request.revision = value)),
  });
  return request;
}

export function decodeTxnRequest(bytes: Uint8Array, depth = 0): TxnRequest {
  if (depth > maximumDepth) {
    throw new HoldfastError('RECORD_INVALID', `transactions nested more than ${maximumDepth} deep`);
  }
  const txn = { compare: [] as Compare[], success: [] as RequestOp[], failure: [] as RequestOp[] };
  readFields(bytes, {
    1: bytesField((value) => txn.compare.push(decodeCompare(value))),
    2: bytesField((value) => txn.success.push(decodeRequestOp(value, depth))),
    3: bytesField((value) => txn.failure.push(decodeRequestOp(value, depth))),
  });
  return txn;
}

function decodeRequestOp(bytes: Uint8Array, depth: number): RequestOp {
  let op: RequestOp = { kind: 'empty' };
  readFields(bytes, {
    1: bytesField((value) => (op = { kind: 'range', range: decodeRangeRequest(value) })),
    2: bytesField((value) => (op = { kind: 'put', put: decodePutRequest(value) })),
    3: bytesField((value) => (op = { kind: 'deleteRange', deleteRange: decodeDeleteRangeRequest(value) })),
    4: bytesField((value) => (op = { kind: 'txn', txn: decodeTxnRequest(value, depth + 1) })),
  });
  return op;
}

function decodeCompare(bytes: Uint8Array): Compare {
  const compare = { result: 0, target: 0, key: none, rangeEnd: none };
  let operand: Compare['operand'] = { target: -1, number: 0n, bytes: none };
  const number = (target: number) =>
    int64Field((value) => (operand = { target, number: value, bytes: none }));
  readFields(bytes, {
    1: enumField((value) => (compare.result = value)),
    2: enumField((value) => (compare.target = value)),
    3: bytesField((value) => (compare.key = value)),
    4: number(compareTargets.version),
    5: number(compareTargets.create),
    6: number(compareTargets.mod),
    7: bytesField((value) => (operand = { target: compareTargets.value, number: 0n, bytes: value })),
    8: number(compareTargets.lease),
    64: bytesField((value) => (compare.rangeEnd = value)),
  });
  return { ...compare, operand };
}
