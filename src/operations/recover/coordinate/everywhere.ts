import type { OperationContext } from '../../../base/index.ts';
import type { RecoveryHost } from '../host/index.ts';

/**
 * Does something on all hosts at once, and says so. The first failure counts and ends the work of the others early;
 * it is thrown when all have come to rest.
 */
export async function everywhere(
  hosts: readonly RecoveryHost[],
  title: string,
  ctx: OperationContext,
  work: (host: RecoveryHost, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const startedMs = ctx.clock.monotonicMs();
  ctx.log.info(title, { hosts: hosts.map(({ name }) => name) });
  const stop = new AbortController();
  const signal = AbortSignal.any([ctx.signal, stop.signal]);
  const failures: unknown[] = [];
  const onHost = async (host: RecoveryHost) => {
    try {
      await work(host, signal);
    } catch (error) {
      failures.push(error);
      stop.abort(error);
    }
  };
  await Promise.all(hosts.map(onHost));
  if (failures.length > 0) throw failures[0];
  ctx.events({ type: 'part-done', title, tookMs: ctx.clock.monotonicMs() - startedMs });
}
