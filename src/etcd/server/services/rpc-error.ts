/**
 * What a call is refused with: a gRPC status code and the text that clients match on.
 *
 * Source: etcd api/v3rpc/rpctypes/error.go (3.6.16).
 */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  /** gRPC status code. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** gRPC status codes that etcd answers with. */
export const rpcCodes = {
  canceled: 1,
  unknown: 2,
  invalidArgument: 3,
  notFound: 5,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
} as const;

/** etcd's errors by name; each call makes a fresh one. */
export const rpcErrors = {
  emptyKey: () => new RpcError(rpcCodes.invalidArgument, 'etcdserver: key is not provided'),
  keyNotFound: () => new RpcError(rpcCodes.invalidArgument, 'etcdserver: key not found'),
  valueProvided: () => new RpcError(rpcCodes.invalidArgument, 'etcdserver: value is provided'),
  leaseProvided: () => new RpcError(rpcCodes.invalidArgument, 'etcdserver: lease is provided'),
  tooManyOps: () => new RpcError(rpcCodes.invalidArgument, 'etcdserver: too many operations in txn request'),
  duplicateKey: () =>
    new RpcError(rpcCodes.invalidArgument, 'etcdserver: duplicate key given in txn request'),
  invalidSortOption: () => new RpcError(rpcCodes.invalidArgument, 'etcdserver: invalid sort option'),
  requestTooLarge: () => new RpcError(rpcCodes.invalidArgument, 'etcdserver: request is too large'),
  leaseNotFound: () => new RpcError(rpcCodes.notFound, 'etcdserver: requested lease not found'),
  userNotFound: () => new RpcError(rpcCodes.failedPrecondition, 'etcdserver: user name not found'),
  roleNotFound: () => new RpcError(rpcCodes.failedPrecondition, 'etcdserver: role name not found'),
  compacted: () =>
    new RpcError(rpcCodes.outOfRange, 'etcdserver: mvcc: required revision has been compacted'),
  futureRevision: () =>
    new RpcError(rpcCodes.outOfRange, 'etcdserver: mvcc: required revision is a future revision'),
} as const;
