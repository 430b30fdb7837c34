/** A member that was killed: its database lags behind its log, and what is served has both. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext, utf8 } from '../../src/base/index.ts';
import type { EtcdClient } from '../../src/etcd/index.ts';
import { type EtcdStore, openStore } from '../../src/etcd/server/index.ts';
import { openDataDirAt } from '../../src/operations/data-dir-files/index.ts';
import { requirePeer } from '../peers/index.ts';
import { openTestClient } from '../support/etcd-client.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { Random } from '../support/random.ts';
import { tempDir } from '../support/temp-dir.ts';
import { testSeed } from '../support/test-seed.ts';

const all = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };

for (const line of ['3.5', '3.6'] as const) {
  test(`a killed etcd ${line} is served with the end of its log`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    const random = new Random(testSeed(t));
    await using dir = await tempDir('served-data-dir');
    await using server = await startEtcd({ peer, dataDir: join(dir.path, 'etcd') });
    await server.ready();
    await using etcd = openTestClient(server);
    await writeSome(etcd, random);
    await etcd.kv.compact({ revision: 40n, physical: true });
    // What this makes etcd write down is in the database; what follows is in the log alone.
    const { hash: wholeHash } = await etcd.maintenance.hash({});
    await withStore(server.dataDir, async (store) => assert.equal(await store.hash(), wholeHash));
    await writeSome(etcd, random);
    const expected = await etcd.kv.range(all);
    const expectedHash = await etcd.maintenance.hashKV({});
    await server.kill();
    await withStore(server.dataDir, async (store) => {
      const { kvs, revision } = store.range(all);
      assert.deepEqual({ kvs, revision }, { kvs: plain(expected.kvs), revision: expected.header!.revision });
      const { hash, compactRevision } = await store.hashKv(0n);
      assert.deepEqual([hash, compactRevision], [expectedHash.hash, expectedHash.compactRevision]);
      const past = store.range({ ...all, revision: 60n });
      assert.equal(past.revision, revision);
    });
  });
}

async function writeSome(etcd: EtcdClient, random: Random): Promise<void> {
  await etcd.lease.leaseGrant({ ID: BigInt(random.int(1, 1_000_000)), TTL: 100_000n });
  for (let i = 0; i < 60; i++) {
    const key = utf8(`key/${random.int(0, 20)}`);
    if (random.chance(0.2)) await etcd.kv.deleteRange({ key });
    else await etcd.kv.put({ key, value: random.bytes(random.int(0, 100)) });
  }
}

async function withStore(dataDir: string, look: (store: EtcdStore) => Promise<void>): Promise<void> {
  using opened = openDataDirAt({ dataDir });
  const { database, store: content } = opened;
  await look(await openStore({ database, content, writable: true }, operationContext()));
}

/** Messages as the store gives them: without what the generated code adds. */
function plain(messages: readonly object[]): object[] {
  return messages.map((message) =>
    Object.fromEntries(Object.entries(message).filter(([name]) => name !== '$typeName')),
  );
}
