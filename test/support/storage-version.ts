import type { EtcdClient } from '../../src/etcd/index.ts';
import type { Peer } from '../peers/index.ts';
import { openTestClient } from './etcd-client.ts';
import type { EtcdServer } from './etcd-server.ts';
import { eventually } from './waiting.ts';

/**
 * Waits until a member of 3.6 or later has written the version of its database, which it does some time after the
 * cluster has one: from then on it adds nothing by itself, and what it saves is a file of its own line.
 */
export async function storageVersionWritten(server: EtcdServer): Promise<void> {
  await using client = openTestClient(server);
  await storageVersionKnown(client, server.peer);
}

/** The same of the member that a client asks. */
export async function storageVersionKnown(
  client: Pick<EtcdClient, 'maintenance'>,
  { line }: Pick<Peer, 'line'>,
): Promise<void> {
  if (line === '3.4' || line === '3.5') return;
  await eventually(60_000, `the storage version is ${line}`, async () => {
    const { storageVersion } = await client.maintenance.status({});
    return storageVersion.startsWith(`${line}.`) ? true : undefined;
  });
}
