/** What it takes the real etcd to answer: start on a data dir, then `etcdctl get`. */
import { rm } from 'node:fs/promises';
import type { Peer } from '../../test/peers/index.ts';
import { startEtcd } from '../../test/support/etcd-server.ts';
import { measure, processUse, type Run } from '../measure.ts';

export interface EtcdAnswerOptions {
  readonly peer: Peer;
  readonly dataDir: string;
  /** Of `etcdctl get`: the prefix and how much of the rows. */
  readonly get: readonly string[];
}

export interface EtcdAnswer extends Run {
  /** Until it serves; the rest is the answer. */
  readonly bootSeconds: number;
}

/**
 * From the start of etcd until etcdctl has the whole answer. Processor time is that of both. Memory is etcd's, which
 * counts the pages of the mapped file that it has touched.
 */
export async function etcdAnswer({ peer, dataDir, get }: EtcdAnswerOptions): Promise<EtcdAnswer> {
  const started = performance.now();
  await using server = await startEtcd({ peer, dataDir, extraArgs: ['--quota-backend-bytes=17179869184'] });
  await server.ready(300_000);
  const bootSeconds = (performance.now() - started) / 1000;
  const argv = [peer.etcdctl, `--endpoints=${server.clientUrl}`, '--command-timeout=300s', 'get', ...get];
  const { cpuSeconds } = await measure({ label: 'etcdctl', argv, env: { ETCDCTL_API: '3' } });
  const wallSeconds = (performance.now() - started) / 1000;
  const own = processUse(server.pid);
  return {
    wallSeconds,
    bootSeconds,
    cpuSeconds: cpuSeconds + own.cpuSeconds,
    peakMegabytes: own.peakMegabytes,
  };
}

/** Restores a snapshot as users have to before they can start etcd on it. */
export async function etcdRestore(etcdutl: string, snapshot: string, dataDir: string): Promise<Run> {
  return await measure({
    label: 'etcdutl',
    argv: [etcdutl, 'snapshot', 'restore', snapshot, '--data-dir', dataDir],
    prepare: () => rm(dataDir, { recursive: true, force: true }),
  });
}
