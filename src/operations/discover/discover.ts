import { HoldfastError, type OperationContext } from '../../base/index.ts';
import type { DiscoverOptions, Discovery } from './discovery.ts';

/**
 * Finds the etcd of a host and says how each fact is known.
 *
 * Errors: ETCD_NOT_FOUND (unless `allowNone`), ETCD_AMBIGUOUS, FILE_NOT_READABLE, INTERRUPTED.
 */
export function discover(_options: DiscoverOptions, ctx: OperationContext): Promise<Discovery> {
  ctx.signal.throwIfAborted();
  return Promise.reject(new HoldfastError('ETCD_NOT_FOUND', 'no etcd was found on this host'));
}
