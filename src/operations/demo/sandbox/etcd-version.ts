import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { HoldfastError, type OperationContext, throwIfInterrupted } from '../../../base/index.ts';

/** What the stand-in says that it is, with the sample cluster's data: that was written by etcd 3.6. */
export const embeddedEtcdVersion = '3.6.16';

/**
 * What a real etcd says that it is, `3.6.16`.
 * Errors: COMMAND_FAILED (it cannot be started, or is no etcd), USAGE (too old), INTERRUPTED.
 */
export async function readEtcdVersion(path: string, { signal }: OperationContext): Promise<string> {
  const options = { timeout: 10_000, signal };
  const { stdout } = await promisify(execFile)(path, ['--version'], options).catch((cause: unknown) => {
    throwIfInterrupted(signal);
    throw notEtcd(path, 'cannot be started', cause);
  });
  const version = /^etcd Version: (\d+\.\d+\.\d+\S*)/m.exec(stdout)?.[1];
  if (version === undefined) throw notEtcd(path, 'does not say that it is etcd');
  // 3.4 gives no hash of a revision that is marked compacted, which the proof asks for.
  if (/^3\.[0-4]\./.test(version))
    throw new HoldfastError('USAGE', `${path} is etcd ${version}, and the demo needs 3.5 or newer`, {
      hint: 'Name a newer one, or leave --etcd out: then a stand-in is used.',
      details: { path },
    });
  return version;
}

function notEtcd(path: string, what: string, cause?: unknown): HoldfastError {
  return new HoldfastError('COMMAND_FAILED', `${path} ${what}`, {
    hint: 'Name the program etcd with --etcd, or leave it out: then a stand-in is used.',
    details: { path },
    cause,
  });
}
