import { hasCode, isHoldfastError } from '../../../base/index.ts';
import { LeaseError } from '../lease/index.ts';
import type { GrpcStatus } from '../transport/index.ts';
import { RpcError, rpcCodes, rpcErrors } from './rpc-error.ts';

const readOnlyMessage =
  'holdfast: this is a read-only view of a backup; serve it with --writable to change a copy in memory';

/** The gRPC status of whatever a call has thrown. */
export function statusOf(error: unknown): GrpcStatus {
  const { code, message } = rpcErrorOf(error);
  return { code, message };
}

function rpcErrorOf(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof LeaseError) return leaseErrors[error.fault]();
  if (hasCode(error, 'REVISION_COMPACTED')) return rpcErrors.compacted();
  if (hasCode(error, 'REVISION_FUTURE')) return rpcErrors.futureRevision();
  if (hasCode(error, 'STORE_READ_ONLY')) return readOnly();
  if (isHoldfastError(error)) {
    const lost = error.exitStatus === 3;
    return new RpcError(lost ? rpcCodes.dataLoss : rpcCodes.unknown, `holdfast: ${error.message}`);
  }
  return new RpcError(rpcCodes.unknown, error instanceof Error ? error.message : String(error));
}

const leaseErrors = {
  'not-found': rpcErrors.leaseNotFound,
  exists: () => new RpcError(rpcCodes.failedPrecondition, 'etcdserver: lease already exists'),
  'ttl-too-large': () => new RpcError(rpcCodes.outOfRange, 'etcdserver: too large lease TTL'),
} as const;

/** What a write to a read-only server gets. Not `Unavailable` or `PermissionDenied`: nobody should retry or log in. */
export function readOnly(): RpcError {
  return new RpcError(rpcCodes.failedPrecondition, readOnlyMessage);
}

/** What is refused whether the server is writable or not. */
export function unsupported(what: string): RpcError {
  return new RpcError(rpcCodes.failedPrecondition, `holdfast: ${what} on a served backup`);
}
