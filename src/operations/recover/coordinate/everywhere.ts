import type { OperationContext } from '../../../base/index.ts';
import type { RecoveryHost } from '../host/index.ts';
import type { Phase } from '../plan/index.ts';

/**
 * Does something on all hosts at once, as a phase. The first failure counts and ends the work of the others early;
 * it is thrown when all have come to rest.
 */
export async function everywhere(
  hosts: readonly RecoveryHost[],
  { phase, title }: { readonly phase: Phase; readonly title: string },
  ctx: OperationContext,
  work: (host: RecoveryHost, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const startedMs = ctx.clock.monotonicMs();
  ctx.events({ type: 'phase-started', phase });
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
  ctx.events({ type: 'phase-finished', phase, tookMs: ctx.clock.monotonicMs() - startedMs });
}
