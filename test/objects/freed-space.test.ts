/** What `objects stats` says of a database, beside what a compaction and a defragmentation by etcd make of it. */
import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext } from '../../src/base/index.ts';
import { type EtcdClient, openEtcdClient } from '../../src/etcd/index.ts';
import { objectStats } from '../../src/operations/objects/index.ts';
import { requirePeer } from '../peers/index.ts';
import { etcdctl } from '../support/etcdctl.ts';
import { clientOptions } from '../support/etcd-client.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { Random } from '../support/random.ts';
import { tempDir } from '../support/temp-dir.ts';
import { testSeed } from '../support/test-seed.ts';

/** As the help has it: 5%, or 64 KiB where that is more. */
function assertNear(estimate: number, real: number, what: string): void {
  const allowed = Math.max(0.05 * real, 64 * 1024);
  assert.ok(Math.abs(estimate - real) <= allowed, `${what}: ${estimate}, and really ${real}`);
}

async function putRounds(client: EtcdClient, random: Random, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const puts = Array.from({ length: 100 }, () => ({
      key: Buffer.from(`/registry/configmaps/ns-${random.int(0, 4)}/cm-${random.int(0, 150)}`),
      value: random.bytes(random.chance(0.05) ? random.int(4000, 20_000) : random.int(50, 2500)),
    }));
    const once = new Map(puts.map((put) => [put.key.toString(), put]));
    await client.kv.txn({
      success: [...once.values()].map((value) => ({ request: { case: 'requestPut', value } })),
    });
  }
}

test('stats tell what a compaction and a defragmentation leave of a database', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  const random = new Random(testSeed(t));
  await using dir = await tempDir('freed');
  await using server = await startEtcd({ peer, dataDir: join(dir.path, 'data') });
  await server.ready();
  const live = clientOptions(server);
  await using client = openEtcdClient(live);
  const revision = async () => (await client.kv.range({ key: Buffer.from('a') })).header!.revision;
  const ctx = operationContext();

  await putRounds(client, random, 40);
  await client.kv.compact({ revision: await revision(), physical: true });
  await putRounds(client, random, 15);
  await client.kv.deleteRange({
    key: Buffer.from('/registry/configmaps/ns-3/'),
    rangeEnd: Buffer.from('/registry/configmaps/ns-30'),
  });
  const snapshot = join(dir.path, 'snapshot.db');
  await etcdctl(server, ['snapshot', 'save', snapshot]);
  const before = await client.maintenance.status({});

  const ofSnapshot = await objectStats({ source: snapshot }, ctx);
  assertNear(ofSnapshot.space.sizeBytes, Number(before.dbSize), 'size');
  assertNear(ofSnapshot.space.freeBytes!, Number(before.dbSize - before.dbSizeInUse), 'free pages');
  assert.ok(ofSnapshot.space.freeBytes! > 500_000, 'the first compaction has left free pages');
  assert.ok(ofSnapshot.freedByCompactionBytes > 500_000, 'there is something to compact');

  const ofLive = await objectStats({ source: { live } }, ctx);
  assert.equal(ofLive.space.sizeBytes, Number(before.dbSize));
  assert.equal(ofLive.space.freeBytes, Number(before.dbSize - before.dbSizeInUse));

  const copy = join(dir.path, 'copy');
  await cp(server.dataDir, copy, { recursive: true });
  const ofDataDir = await objectStats({ source: copy }, ctx);

  await client.kv.compact({ revision: await revision(), physical: true });
  await client.maintenance.defragment({}, { timeoutMs: 60_000 });
  const { dbSize } = await client.maintenance.status({});
  assertNear(ofSnapshot.space.compactedBytes, Number(dbSize), 'snapshot, compacted and defragmented');
  assertNear(ofDataDir.space.compactedBytes, Number(dbSize), 'data dir, compacted and defragmented');
  assertNear(ofLive.space.compactedBytes, Number(dbSize), 'live, compacted and defragmented');
  t.diagnostic(
    `${before.dbSize} bytes, of them ${before.dbSize - before.dbSizeInUse} free; then ${dbSize}, estimated ${ofSnapshot.space.compactedBytes}`,
  );
});
