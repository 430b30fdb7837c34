import { HoldfastError, type OperationContext } from '../../base/index.ts';
import { openEtcdClient } from '../../etcd/client/index.ts';
import { chooseEndpoint, type ChosenEndpoint } from './choose-endpoint.ts';
import type { SaveSnapshotOptions, SaveSnapshotResult } from './save-options.ts';
import { openTarget } from './save-target.ts';
import { SnapshotIntake, type VerifiedStream } from './snapshot-intake.ts';

/** Name of the phase in progress events. */
const phase = 'save';

/**
 * Saves a snapshot of a live etcd. The file appears under its name only when the whole stream has arrived, its SHA-256
 * is right, and everything is on the disk; every failure leaves neither the file nor `<path>.part`.
 *
 * Events: phase `save` with total and done bytes; a warning when no healthy member could be chosen.
 *
 * Errors: USAGE (several endpoints), FILE_EXISTS, NOT_A_REGULAR_FILE, FILE_NOT_FOUND, WRITE_FAILED, DISK_FULL,
 * SAVE_SUPERSEDED (the file); those of `EtcdClient`, SAVE_STALLED, TIMEOUT (the connection); SNAPSHOT_INCOMPLETE,
 * DIGEST_MISSING, DIGEST_MISMATCH, RECORD_INVALID (the data); INTERRUPTED.
 */
export async function saveSnapshot(
  options: SaveSnapshotOptions,
  ctx: OperationContext,
): Promise<SaveSnapshotResult> {
  const startedMs = ctx.clock.monotonicMs();
  const { endpoints } = options.client;
  if (endpoints.length > 1 && options.anyEndpoint !== true) throw severalEndpoints(endpoints);
  using limit = timeLimit(options.timeoutMs);
  const signal = AbortSignal.any([ctx.signal, limit.signal]);
  // The client is opened first because it refuses bad endpoints and certificates without touching anything.
  const clientOptions = { ...options.client, log: ctx.log };
  await using client = openEtcdClient({ ...clientOptions, signal });
  await using target = await openTarget(options.target);
  if (target.path !== undefined) ctx.log.info('created temporary db file', { path: `${target.path}.part` });
  const only: ChosenEndpoint = { endpoint: client.endpoints[0]!, reason: '' };
  const chosen = endpoints.length === 1 ? only : await chooseEndpoint(client, { ...ctx, signal });

  const reporter = progressReporter(ctx);
  const intake = new SnapshotIntake(target.write, reporter.onTotal, reporter.onWritten);
  ctx.log.info('fetching snapshot', { endpoint: chosen.endpoint });
  await client.snapshot(intake, {
    endpoint: chosen.endpoint,
    ...(options.stallTimeoutMs !== undefined && { stallTimeoutMs: options.stallTimeoutMs }),
  });
  const stream = await intake.finish();
  await target.commit();

  const tookMs = ctx.clock.monotonicMs() - startedMs;
  ctx.events({ type: 'phase-finished', phase, doneBytes: stream.sizeBytes, tookMs });
  return announce(ctx, { path: target.path, ...stream, ...described(chosen), tookMs });
}

function described(chosen: ChosenEndpoint): Pick<SaveSnapshotResult, 'endpoint' | 'endpointReason'> {
  return { endpoint: chosen.endpoint, endpointReason: chosen.reason };
}

function announce(ctx: OperationContext, result: SaveSnapshotResult & VerifiedStream): SaveSnapshotResult {
  const { endpoint, sizeBytes, sha256, tookMs, version, path } = result;
  ctx.log.info('fetched snapshot', { endpoint, sizeBytes, sha256, tookMs: Math.round(tookMs), version });
  if (path !== undefined) ctx.log.info('saved', { path });
  return result;
}

function progressReporter(ctx: OperationContext): {
  onTotal: (totalBytes: number) => void;
  onWritten: (doneBytes: number) => void;
} {
  let totalBytes = 0;
  return {
    onTotal(total) {
      totalBytes = total;
      ctx.events({ type: 'phase-started', phase, totalBytes });
    },
    onWritten: (doneBytes) => ctx.events({ type: 'phase-progress', phase, doneBytes, totalBytes }),
  };
}

function severalEndpoints(endpoints: readonly string[]): HoldfastError {
  const message = `snapshot must be requested to one selected node, not multiple [${endpoints.join(' ')}]`;
  return new HoldfastError('USAGE', message, {
    hint: 'Give one endpoint, or pass --any-endpoint to let a healthy one be chosen.',
  });
}

/** A signal that is aborted with TIMEOUT after the limit; never without one. */
function timeLimit(timeoutMs: number | undefined): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const timer =
    timeoutMs === undefined || timeoutMs === 0
      ? undefined
      : setTimeout(() => {
          controller.abort(new HoldfastError('TIMEOUT', `the snapshot was not saved within ${timeoutMs} ms`));
        }, timeoutMs);
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}
