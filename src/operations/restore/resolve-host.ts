import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type OperationContext, throwIfInterrupted } from '../../base/index.ts';
import { hostNameOf, type ResolveHost } from '../../formats/data-dir/index.ts';

const retryIntervalMs = 1000;
/** As long as etcdutl waits for all names together. */
const limitMs = 30_000;

/** A resolver over the system's, which tries again for 30 seconds while the name server does not answer. */
export function systemResolver(ctx: OperationContext): ResolveHost {
  const deadlineMs = ctx.clock.monotonicMs() + limitMs;
  return async (hostPort) => {
    const name = hostNameOf(hostPort);
    const port = hostPort.slice(hostPort.lastIndexOf(':'));
    for (;;) {
      throwIfInterrupted(ctx.signal);
      try {
        const { address } = await lookup(name);
        return `${isIPv6(address) ? `[${address}]` : address}${port}`;
      } catch (error) {
        // A name that does not exist will not come into being by waiting.
        const isTemporary = error instanceof Error && 'code' in error && error.code === 'EAI_AGAIN';
        if (!isTemporary || ctx.clock.monotonicMs() + retryIntervalMs > deadlineMs) throw error;
        ctx.log.warn('failed to resolve a peer URL; trying again', { host: name });
        await sleep(retryIntervalMs);
      }
    }
  };
}
