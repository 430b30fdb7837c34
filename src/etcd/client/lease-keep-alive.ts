import { HoldfastError } from '../../base/index.ts';
import type { LeaseKeepAliveResponse } from '../api.ts';
import { type Calls, pause, wasUnavailable, wasUnreachable } from './calls.ts';
import { serverError } from './etcd-error.ts';
import type { CallOptions } from './options.ts';
import { RequestQueue } from './request-queue.ts';

const reconnectPauseMs = 500;
const notFound = 5;

/** Renews a lease once. Errors: ETCD_ERROR "requested lease not found" when it is gone. */
export async function keepAliveOnce(
  calls: Calls,
  id: bigint,
  options: CallOptions,
): Promise<LeaseKeepAliveResponse> {
  try {
    return await renewOnce(calls, id, options);
  } catch (error) {
    if (!calls.dropStaleToken(error)) throw error;
    return renewOnce(calls, id, options);
  }
}

async function renewOnce(calls: Calls, id: bigint, options: CallOptions): Promise<LeaseKeepAliveResponse> {
  const { timeoutMs } = options;
  const limit = timeoutMs === undefined || timeoutMs === 0 ? undefined : AbortSignal.timeout(timeoutMs);
  const signals = [options.signal, limit].filter((signal) => signal !== undefined);
  const once = new AbortController();
  const signal = AbortSignal.any([once.signal, ...signals]);
  const requests = new RequestQueue<{ ID: bigint }>();
  requests.push({ ID: id });
  try {
    for await (const reply of await openStream(calls, requests, { ...options, signal })) {
      if (reply.TTL > 0n) return reply;
      throw serverError(notFound, 'etcdserver: requested lease not found', {
        endpoint: options.endpoint ?? '',
        signals: [],
      });
    }
    throw new HoldfastError('CONNECTION_LOST', 'the server ended the keep-alive stream');
  } catch (error) {
    if (limit?.aborted === true && options.signal?.aborted !== true) {
      throw new HoldfastError('TIMEOUT', `the lease was not renewed within ${String(timeoutMs)} ms`, {
        cause: error,
      });
    }
    throw error;
  } finally {
    requests.end();
    once.abort();
  }
}

/**
 * Renews a lease every third of its time to live and yields every reply; ends when the lease is gone. A broken
 * connection is made anew, on any endpoint, while the lease can still be alive.
 */
export async function* keepAlive(
  calls: Calls,
  id: bigint,
  options: CallOptions,
): AsyncGenerator<LeaseKeepAliveResponse, void> {
  let aliveUntil: number | undefined;
  let tokenRenewed = false;
  const signal = calls.signalOf(options);
  for (;;) {
    try {
      for await (const reply of renewals(calls, id, options)) {
        if (reply.TTL <= 0n) return;
        aliveUntil = performance.now() + Number(reply.TTL) * 1000;
        tokenRenewed = false;
        yield reply;
      }
      throw new HoldfastError('CONNECTION_LOST', 'the server ended the keep-alive stream');
    } catch (error) {
      if (!tokenRenewed && calls.dropStaleToken(error)) {
        tokenRenewed = true;
        continue;
      }
      const passing = wasUnavailable(error) || wasUnreachable(error);
      if (!passing || aliveUntil === undefined || performance.now() > aliveUntil) throw error;
    }
    await pause(reconnectPauseMs, signal);
  }
}

/** The replies of one stream, whose next request follows a third of the time to live after each reply. */
async function* renewals(
  calls: Calls,
  id: bigint,
  options: CallOptions,
): AsyncGenerator<LeaseKeepAliveResponse, void> {
  const requests = new RequestQueue<{ ID: bigint }>();
  const ended = new AbortController();
  const signals = [ended.signal, options.signal].filter((signal) => signal !== undefined);
  let timer: NodeJS.Timeout | undefined;
  requests.push({ ID: id });
  try {
    const streamOptions = { ...options, signal: AbortSignal.any(signals) };
    for await (const reply of await openStream(calls, requests, streamOptions)) {
      timer = setTimeout(() => requests.push({ ID: id }), (Number(reply.TTL) * 1000) / 3);
      yield reply;
    }
  } finally {
    clearTimeout(timer);
    requests.end();
    ended.abort();
  }
}

async function openStream(
  calls: Calls,
  requests: RequestQueue<{ ID: bigint }>,
  options: CallOptions,
): Promise<AsyncIterable<LeaseKeepAliveResponse>> {
  const replies = await calls.stream({ service: 'Lease', method: 'leaseKeepAlive' }, requests, options);
  return replies as AsyncIterable<LeaseKeepAliveResponse>;
}
