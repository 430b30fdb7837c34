/** A backup served by holdfast, and the real etcd on a data dir restored from it: both plain text, on free ports. */
import { setTimeout as delay } from 'node:timers/promises';
import { type EtcdClient, openEtcdClient } from '../../src/etcd/index.ts';
import type { Peer } from '../../test/peers/index.ts';
import { startEtcd } from '../../test/support/etcd-server.ts';
import { freePort } from '../../test/support/free-ports.ts';
import { startProcess } from '../../test/support/started-process.ts';

/** A server under measurement. Disposing stops it. */
export interface BenchServer extends AsyncDisposable {
  readonly pid: number;
  readonly endpoint: string;
  readonly ended: string | undefined;
}

export async function serveWithHoldfast(
  holdfast: readonly string[],
  source: string,
  logFile: string,
  flags: readonly string[] = [],
): Promise<BenchServer> {
  const endpoint = `127.0.0.1:${await freePort()}`;
  const [node, ...args] = [...holdfast, 'serve', source, '--listen', endpoint, ...flags];
  return Object.assign(await startProcess(node!, args, { logFile }), { endpoint });
}

export async function serveWithEtcd(peer: Peer, dataDir: string): Promise<BenchServer> {
  const server = await startEtcd({ peer, dataDir, extraArgs: ['--quota-backend-bytes=17179869184'] });
  return Object.assign(server, { endpoint: `127.0.0.1:${server.ports.client}` });
}

const longestStartMs = 300_000;

/** Resolves with a client once a linearizable read was answered. */
export async function untilAnswered(server: BenchServer): Promise<EtcdClient> {
  const deadline = performance.now() + longestStartMs;
  const client = openEtcdClient({ endpoints: [`http://${server.endpoint}`], commandTimeoutMs: 60_000 });
  for (;;) {
    try {
      await client.kv.range({ key: Uint8Array.of(1) });
      return client;
    } catch (error) {
      if (server.ended === undefined && performance.now() < deadline) await delay(10);
      else {
        await client.close();
        throw new Error(`the server at ${server.endpoint} does not answer: ${server.ended ?? 'too slow'}`, {
          cause: error,
        });
      }
    }
  }
}
