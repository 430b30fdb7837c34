import { join } from 'node:path';
import { operationContext } from '../../src/base/index.ts';
import { restoreSnapshot } from '../../src/operations/restore/index.ts';
import type { Peer } from '../peers/index.ts';
import { type EtcdServer, startEtcd } from './etcd-server.ts';
import { type KubernetesSample, unpackSample } from './kubernetes-samples.ts';

/** A real etcd that holds what a sample holds, and the snapshot that it was restored from. */
export interface RestoredSample extends AsyncDisposable {
  readonly etcd: EtcdServer;
  readonly snapshotPath: string;
}

/** Restores a sample's snapshot below `directory` and starts an etcd of one member on it. Disposing stops it. */
export async function startRestoredSample(
  peer: Peer,
  sample: KubernetesSample,
  directory: string,
): Promise<RestoredSample> {
  const snapshotPath = await unpackSample(sample, directory);
  const dataDir = join(directory, `${sample}.etcd`);
  await restoreSnapshot({ snapshotPath, dataDir }, operationContext());
  const etcd = await startEtcd({ peer, dataDir });
  try {
    await etcd.ready();
  } catch (error) {
    await etcd.kill();
    throw error;
  }
  return { etcd, snapshotPath, [Symbol.asyncDispose]: () => etcd.kill() };
}
