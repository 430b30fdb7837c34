/** Data with a history that the tests know: what each watch of it has to end with. */
import { utf8 } from '../../src/base/index.ts';
import type { EtcdClient } from '../../src/etcd/index.ts';
import { openTestClient } from '../support/etcd-client.ts';
import { etcdctl, type EtcdctlTarget } from '../support/etcdctl.ts';

export interface KnownEvent {
  readonly kind: 'put' | 'delete';
  readonly key: string;
  readonly value: string;
  readonly revision: bigint;
}

export interface KnownData {
  readonly compactRevision: bigint;
  readonly revision: bigint;
  /** Those that no compaction has taken, in their order. */
  readonly events: readonly KnownEvent[];
  /** Hexadecimal, as etcdctl takes them. */
  readonly leases: readonly string[];
}

const leases = [0x1234n, 0x4321n, 0x7fff_ffffn];

/** Keys of several sizes and versions, deleted ones, bytes that are no text, leases, users and roles; a compaction. */
export async function writeKnownData(target: EtcdctlTarget): Promise<KnownData> {
  await using client = openTestClient(target);
  const history = new History(client);
  for (const [i, ID] of leases.entries())
    await client.lease.leaseGrant({ ID, TTL: BigInt(i + 1) * 1_000_000n });
  for (let i = 0; i < 40; i++) await history.put(appKey(i), `first of ${i}`);
  await client.kv.put({ key: Uint8Array.of(0, 1, 0xff), value: Uint8Array.of(0, 0xfe, 0x0a, 0x25) });
  history.revision++;
  await history.put('ключ/ü', 'значение "quoted" \\ %s');
  for (let i = 0; i < 40; i += 3) await history.put(appKey(i), `second of ${i}`, leases[i % 2]);
  for (let i = 0; i < 40; i += 7) await history.delete(appKey(i));
  const compactRevision = history.revision;
  await client.kv.compact({ revision: compactRevision, physical: true });
  for (let i = 0; i < 40; i += 4) await history.put(appKey(i), `third of ${i}`);
  for (let i = 1; i < 40; i += 9) await history.put(appKey(i), 'the same', leases[2]);
  for (const i of [2, 3, 5]) await history.delete(appKey(i));
  await history.put('large', 'x'.repeat(20_000));
  await history.put('zz', '');
  await history.put(appKey(39), 'the last');
  for (const command of [
    'role add reader',
    'role grant-permission reader --prefix=true read app/',
    'role grant-permission reader readwrite zz',
    'role add root',
    'user add alice --new-user-password=secret',
    'user grant-role alice reader',
    'user add bob --no-password',
  ])
    await etcdctl(target, command.split(' '));
  return {
    compactRevision,
    revision: history.revision,
    events: history.events.filter(({ revision }) => revision >= compactRevision),
    leases: leases.map((id) => id.toString(16)),
  };
}

export function appKey(i: number): string {
  return `app/${String(i).padStart(3, '0')}`;
}

class History {
  readonly events: KnownEvent[] = [];
  revision = 1n;
  readonly #client: EtcdClient;

  constructor(client: EtcdClient) {
    this.#client = client;
  }

  async put(key: string, value: string, lease = 0n): Promise<void> {
    await this.#client.kv.put({ key: utf8(key), value: utf8(value), lease });
    this.events.push({ kind: 'put', key, value, revision: ++this.revision });
  }

  async delete(key: string): Promise<void> {
    await this.#client.kv.deleteRange({ key: utf8(key) });
    this.events.push({ kind: 'delete', key, value: '', revision: ++this.revision });
  }
}
