/**
 * A sample is served, written to, and saved from there by the real etcdctl; the real etcdutl restores it, and the real
 * etcd of the same version has every key and the same hash.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openFileSource, operationContext, systemClock, utf8 } from '../../src/base/index.ts';
import type { EtcdClient } from '../../src/etcd/index.ts';
import { listenEtcdServer, openStore } from '../../src/etcd/server/index.ts';
import { openDatabase } from '../../src/formats/bbolt/index.ts';
import { type Peer, type PeerLine, requirePeer } from '../peers/index.ts';
import { openTestClient } from '../support/etcd-client.ts';
import { choosePorts, startEtcd } from '../support/etcd-server.ts';
import { etcdctl, runEtcdutl } from '../support/etcdctl.ts';
import { type KubernetesSample, unpackSample } from '../support/kubernetes-samples.ts';
import { Random } from '../support/random.ts';
import { tempDir } from '../support/temp-dir.ts';
import { testSeed } from '../support/test-seed.ts';

const sampleOf: Readonly<Record<PeerLine, KubernetesSample>> = {
  '3.4': 'shop-3.4.23',
  '3.5': 'shop-3.5.30',
  '3.6': 'shop-3.6',
  '3.7': 'shop-edited-3.6',
};

const writeCount = 1000;

for (const [line, sample] of Object.entries(sampleOf) as [PeerLine, KubernetesSample][]) {
  test(`what was written to ${sample} arrives in etcd ${line}`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer !== undefined) await roundTrip(t, peer, sample);
  });
}

async function roundTrip(t: TestContext, peer: Peer, sample: KubernetesSample): Promise<void> {
  await using dir = await tempDir('round-trip');
  const file = await unpackSample(sample, dir.path);
  const before = await digestOf(file);
  using source = openFileSource(file);
  const store = await openStore({ database: openDatabase(source), writable: true }, operationContext());
  // No lease ends by itself, however long this takes.
  const clock = { ...systemClock, monotonicMs: () => 0 };
  await using served = await listenEtcdServer({ store, clock });
  const target = { peer, clientUrl: served.url, tls: undefined };
  await using ours = openTestClient(target);
  await endBriefLeases(ours);
  await writeMuch(ours, new Random(testSeed(t)));

  const snapshot = join(dir.path, 'saved.db');
  await etcdctl(target, ['snapshot', 'save', snapshot]);
  const dataDir = join(dir.path, 'data');
  const ports = await choosePorts();
  const peerUrl = `http://127.0.0.1:${ports.peer}`;
  const cluster = ['--initial-cluster', `default=${peerUrl}`, '--initial-advertise-peer-urls', peerUrl];
  const restored = await runEtcdutl(peer, [
    ...['snapshot', 'restore', snapshot, '--name', 'default'],
    ...['--data-dir', dataDir, ...cluster],
  ]);
  assert.equal(restored.exitCode, 0, restored.stderr);
  await using server = await startEtcd({ peer, dataDir, ports });
  await server.ready();
  await using etcd = openTestClient(server);
  assert.deepEqual(await everything(etcd), await everything(ours));
  assert.deepEqual(await hashOf(etcd), await hashOf(ours));
  assert.equal(await digestOf(file), before);
}

/** Those of the API server last 15 seconds, which the etcd that is compared has soon waited for. */
async function endBriefLeases(client: EtcdClient): Promise<void> {
  for (const { ID } of (await client.lease.leaseLeases({})).leases) {
    const { grantedTTL } = await client.lease.leaseTimeToLive({ ID });
    if (grantedTTL < 1000n) await client.lease.leaseRevoke({ ID });
  }
}

/** Puts, deletions, transactions, and a compaction in the middle of them. */
async function writeMuch(client: EtcdClient, random: Random): Promise<void> {
  const { kvs } = await client.kv.range({
    key: Uint8Array.of(0),
    rangeEnd: Uint8Array.of(0),
    keysOnly: true,
  });
  const old = kvs.map(({ key }) => key);
  const someKey = () => (random.chance(0.3) ? random.pick(old) : utf8(`/written/${random.int(0, 400)}`));
  for (let i = 0; i < writeCount; i++) {
    const put = { key: someKey(), value: random.bytes(random.int(0, 300)) };
    if (i === writeCount / 2) await compactNewest(client);
    if (random.chance(0.2)) await client.kv.deleteRange({ key: someKey() });
    else if (random.chance(0.2)) await putAndDelete(client, put, utf8(`/written/1${random.int(0, 9)}`));
    else await client.kv.put(put);
  }
}

async function compactNewest(client: EtcdClient): Promise<void> {
  const { header } = await client.kv.range({ key: utf8('any') });
  await client.kv.compact({ revision: header!.revision - 100n });
}

async function putAndDelete(
  client: EtcdClient,
  put: { readonly key: Uint8Array; readonly value: Uint8Array },
  prefix: Uint8Array,
): Promise<void> {
  const range = { key: prefix, rangeEnd: Uint8Array.of(...prefix, 0xff) };
  await client.kv.txn({
    compare: [{ key: put.key, targetUnion: { case: 'version', value: 0n } }],
    success: [{ request: { case: 'requestPut', value: put } }],
    failure: [{ request: { case: 'requestDeleteRange', value: range } }],
  });
}

/** Every key with all that is said of it, and the revision. */
async function everything(client: EtcdClient) {
  const { kvs, count, header } = await client.kv.range({
    key: Uint8Array.of(0),
    rangeEnd: Uint8Array.of(0),
  });
  const leases = (await client.lease.leaseLeases({})).leases.map(({ ID }) => ID);
  return { kvs, count, revision: header!.revision, leases: leases.sort() };
}

async function hashOf(client: EtcdClient) {
  const { hash, compactRevision } = await client.maintenance.hashKV({});
  return { hash, compactRevision };
}

async function digestOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
