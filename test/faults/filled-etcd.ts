import { join } from 'node:path';
import { type EtcdOptions, type EtcdServer, startEtcd } from '../support/etcd-server.ts';
import { JsonGateway } from '../support/json-gateway.ts';
import { storageVersionWritten } from '../support/storage-version.ts';

const valueBytes = 1 << 20;

/** A real member with a database of about so many bytes, below `directory`, to which it adds nothing by itself. */
export async function startFilledEtcd(
  directory: string,
  sizeBytes: number,
  options: Omit<EtcdOptions, 'dataDir'>,
): Promise<EtcdServer> {
  const server = await startEtcd({ ...options, dataDir: join(directory, 'etcd') });
  try {
    await server.ready();
    using gateway = new JsonGateway(server.clientUrl, server.tls);
    for (let index = 0; index < 20; index++) await gateway.call('kv/put', request(`small-${index}`, 100));
    for (let index = 0; index < sizeBytes / valueBytes; index++)
      await gateway.call('kv/put', request(`large-${index}`, valueBytes));
    await storageVersionWritten(server);
    return server;
  } catch (error) {
    await server.kill();
    throw error;
  }
}

function request(key: string, sizeBytes: number): { key: string; value: string } {
  return { key: Buffer.from(key).toString('base64'), value: Buffer.alloc(sizeBytes, key).toString('base64') };
}
