/**
 * The databases that are measured: written by the real etcd from a seeded generator, with updates and compactions in
 * between, so that pages lie where etcd puts them. Kept in the cache directory; the same seed gives the same keys and
 * values.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { utf8 } from '../src/base/index.ts';
import { type EtcdClient, openEtcdClient } from '../src/etcd/index.ts';
import type { Peer } from '../test/peers/index.ts';
import { startEtcd } from '../test/support/etcd-server.ts';
import { Random } from '../test/support/random.ts';
import { mustRun } from '../test/support/run-command.ts';

const cacheDirectory = join(import.meta.dirname, '..', '.cache', 'bench');
const seed = 20_261;
const putsInTxn = 100;
/** Transactions under way at once. */
const writers = 8;

export interface DatasetOptions {
  readonly peer: Peer;
  readonly mebibytes: number;
  /** Of all keys; `/registry` by default, where the API server keeps its objects. */
  readonly keyPrefix?: string;
  readonly log: (line: string) => void;
}

/** Path of a snapshot whose pages in use take about `mebibytes`; made when it is not there yet. */
export async function dataset(options: DatasetOptions): Promise<string> {
  const { peer, mebibytes, keyPrefix = '/registry', log } = options;
  const variant = keyPrefix === '/registry' ? '' : keyPrefix.replaceAll('/', '-');
  const path = join(cacheDirectory, `etcd-${peer.version}-${mebibytes}MiB-${seed}${variant}.db`);
  if (existsSync(path)) return path;
  log(`making ${path} with etcd ${peer.version} …`);
  await mkdir(cacheDirectory, { recursive: true });
  const directory = await mkdtemp(join(cacheDirectory, 'making-'));
  try {
    const extraArgs = ['--quota-backend-bytes=8589934592', '--snapshot-count=100000', '--unsafe-no-fsync'];
    await using server = await startEtcd({ peer, dataDir: join(directory, 'data'), extraArgs });
    await server.ready();
    await using client = openEtcdClient({ endpoints: [server.clientUrl], commandTimeoutMs: 60_000 });
    await fill(client, keyPrefix, mebibytes * 1024 * 1024);
    const part = join(directory, 'snapshot.db');
    await mustRun(peer.etcdctl, [`--endpoints=${server.clientUrl}`, 'snapshot', 'save', part], {
      timeoutMs: 300_000,
      env: { ETCDCTL_API: '3' },
    });
    await rename(part, path);
  } finally {
    await rm(directory, { recursive: true });
  }
  return path;
}

/** Fills until the pages in use take this many bytes: half new keys, half updates; two compactions on the way. */
async function fill(client: EtcdClient, keyPrefix: string, targetBytes: number): Promise<void> {
  const generator = new PutGenerator(keyPrefix);
  const compactAt = [0.4, 0.75];
  for (;;) {
    const { dbSizeInUse, header } = await client.maintenance.status({});
    const done = Number(dbSizeInUse) / targetBytes;
    if (done >= 1) return;
    if (compactAt[0] !== undefined && done >= compactAt[0]) {
      compactAt.shift();
      await client.kv.compact({ revision: (header!.revision * 19n) / 20n, physical: true });
    }
    await Promise.all(
      Array.from({ length: writers }, () => client.kv.txn({ success: generator.transaction() })),
    );
  }
}

/** Puts as a Kubernetes API server makes them: long keys, values of 300 bytes to 4 KiB that do not compress. */
class PutGenerator {
  readonly #random = new Random(seed);
  readonly #pool = this.#random.bytes(1 << 20);
  readonly #keyPrefix: string;
  #keys = 0;

  constructor(keyPrefix: string) {
    this.#keyPrefix = keyPrefix;
  }

  transaction() {
    const numbers = new Set<number>();
    while (numbers.size < putsInTxn) {
      const isUpdate = this.#keys > 1000 && this.#random.chance(0.5);
      numbers.add(isUpdate ? this.#random.int(0, this.#keys - 1) : this.#keys++);
    }
    return [...numbers].map((number) => ({
      request: { case: 'requestPut' as const, value: { key: this.#key(number), value: this.#value() } },
    }));
  }

  #value(): Uint8Array {
    const sizeBytes = 300 + Math.floor(this.#random.next() * this.#random.next() * 3796);
    const start = this.#random.int(0, this.#pool.length - sizeBytes);
    return this.#pool.subarray(start, start + sizeBytes);
  }

  #key(number: number): Uint8Array {
    const suffix = Math.imul(number, 0x9e3779b1) >>> 0;
    const name = `namespace-${number % 211}/workload-${number}-${suffix.toString(36)}`;
    return utf8(`${this.#keyPrefix}/pods/${name}`);
  }
}
