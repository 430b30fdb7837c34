import type { EtcdClient } from '../../etcd/index.ts';

/** The live keys at a revision; 0 for the current one. Errors: those of the call. */
export async function countKeys(client: EtcdClient, revision: bigint): Promise<number> {
  const everything = Uint8Array.of(0);
  const reply = await client.kv.range({ key: everything, rangeEnd: everything, countOnly: true, revision });
  return Number(reply.count);
}
