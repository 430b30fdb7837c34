import { type OperationContext, throwIfInterrupted } from '../../base/index.ts';
import type { SshHost } from '../../hosts/index.ts';
import { lastDocument, remoteFailure } from '../remote-program/index.ts';
import type { SaveSnapshotResult, SaveTarget } from './save-options.ts';
import { openTarget } from './save-target.ts';
import { StreamIntake } from './stream-intake.ts';

export interface SaveFromHostOptions {
  readonly ssh: SshHost;
  /** This program on the host, saving to its standard output and telling what it did as JSON on standard error. */
  readonly argv: readonly string[];
  readonly target: SaveTarget;
}

/**
 * Saves a snapshot of the etcd of another host: this program saves it there to a stream, and the stream comes here. The
 * digest is checked on both ends; the file appears under its name only when all of it has arrived and is right.
 *
 * Errors: those of the target as of `saveSnapshot`; that of the program there; DIGEST_MISSING, DIGEST_MISMATCH (on the
 * way); HOST_UNREACHABLE, HOST_COMMAND_FAILED, INTERRUPTED.
 */
export async function saveFromHost(
  { ssh, argv, target: wanted }: SaveFromHostOptions,
  ctx: OperationContext,
): Promise<SaveSnapshotResult> {
  const startedMs = ctx.clock.monotonicMs();
  await using target = await openTarget(wanted);
  if (target.path !== undefined) ctx.log.info('created temporary db file', { path: `${target.path}.part` });
  const phase = 'save';
  ctx.events({ type: 'phase-started', phase });
  const intake = new StreamIntake(target.write, (doneBytes) =>
    ctx.events({ type: 'phase-progress', phase, doneBytes }),
  );
  ctx.log.info('fetching snapshot', { host: ssh.destination });
  const end = await ssh.stream(argv, (chunk) => intake.push(chunk), { signal: ctx.signal });
  if (end.exitCode !== 0) throw remoteFailure(ssh.destination, end);
  const stream = await intake.finish();
  throwIfInterrupted(ctx.signal);
  await target.commit();
  const tookMs = ctx.clock.monotonicMs() - startedMs;
  ctx.events({ type: 'phase-finished', phase, doneBytes: stream.sizeBytes, tookMs });
  const { endpoint = '', endpointReason = '', version = '' } = toldBy(end.stderr);
  const result = { path: target.path, ...stream, version, endpoint, endpointReason, tookMs };
  ctx.log.info('fetched snapshot', {
    host: ssh.destination,
    endpoint,
    sizeBytes: result.sizeBytes,
    sha256: result.sha256,
    tookMs: Math.round(tookMs),
    version,
  });
  if (target.path !== undefined) ctx.log.info('saved', { path: target.path });
  return result;
}

/** What the program there said of its save. Nothing depends on it: the stream speaks for itself. */
function toldBy(stderr: string): Partial<Record<'endpoint' | 'endpointReason' | 'version', string>> {
  const told = lastDocument(stderr) ?? {};
  return Object.fromEntries(Object.entries(told).filter(([, value]) => typeof value === 'string'));
}
