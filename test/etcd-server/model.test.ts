/** Ours and a real etcd over the same data, asked and written to in lock step: every answer is the same. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { memorySource, operationContext, utf8 } from '../../src/base/index.ts';
import type { EtcdClient } from '../../src/etcd/index.ts';
import { type EtcdStore, listenEtcdServer, openStore } from '../../src/etcd/server/index.ts';
import { openDatabase } from '../../src/formats/bbolt/index.ts';
import { type PeerLine, requirePeer } from '../peers/index.ts';
import { openTestClient } from '../support/etcd-client.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { Random } from '../support/random.ts';
import { tempDir } from '../support/temp-dir.ts';
import { testSeed } from '../support/test-seed.ts';
import { inLockStep } from './lock-step.ts';
import { type KnownState, kvMakers, type RandomCall, randomCall } from './random-calls.ts';
import { leaseMakers } from './random-leases.ts';
import { WatchPair } from './random-watches.ts';
import { sureCalls } from './sure-calls.ts';

const isSoak = process.env['HOLDFAST_SOAK'] === '1';
/** Between rounds ours moves on to a snapshot of itself. */
const rounds = isSoak ? 10 : 2;
const callsPerRound = isSoak ? 1000 : 500;
const firstLeases = [7001n, 7002n];
const firstCompaction = 30n;
/** What watches tell is compared after so many calls, at the latest. */
const callsBetweenLooks = 50;

/** A round in which these do not occur would prove little. */
const mustOccur = [
  ...['range', 'put', 'deleteRange', 'txn', 'compact', 'hashKV'].map((name) => `${name}: ok`),
  ...['leaseGrant', 'leaseRevoke', 'leaseTimeToLive', 'leaseLeases', 'keepAlive'].map(
    (name) => `${name}: ok`,
  ),
  'leaseGrant: etcdserver: lease already exists',
  'leaseRevoke: etcdserver: requested lease not found',
  'range: etcdserver: mvcc: required revision has been compacted',
  'range: etcdserver: mvcc: required revision is a future revision',
  'put: etcdserver: requested lease not found',
  'txn: etcdserver: duplicate key given in txn request',
  'txn: etcdserver: key not found',
  ...['created', 'canceled', 'compacted', 'put', 'delete', 'put with previous', 'delete with previous'].map(
    (word) => `watch: ${word}`,
  ),
  'watch: etcdserver: mvcc: required revision has been compacted',
  'watch: mvcc: watcher range is empty',
  'watch: mvcc: duplicate watch ID provided on the WatchStream',
];

for (const line of ['3.6', '3.7'] as const)
  test(`random calls get the answers of a real etcd ${line}`, (t) => compareRandomCalls(t, line));

async function compareRandomCalls(t: TestContext, line: PeerLine): Promise<void> {
  const peer = await requirePeer(t, line);
  if (peer === undefined) return;
  const random = new Random(testSeed(t));
  await using dir = await tempDir('lock-step');
  await using server = await startEtcd({
    peer,
    dataDir: join(dir.path, 'etcd'),
    extraArgs: ['--unsafe-no-fsync'],
  });
  await server.ready();
  await using etcd = openTestClient(server);
  await fill(etcd);
  let database = await snapshotOf(etcd);
  const answers = new Set<string>();
  const leases = [...firstLeases];
  const known: KnownState = { revision: 1n, compactRevision: firstCompaction, hashesFrom: 1n, leases };
  const makers = [...kvMakers, ...leaseMakers(leases)];
  let watchAnswers = 0;
  for (let round = 0; round < rounds; round++) {
    const store = await openStore(
      { database: openDatabase(memorySource(database)), writable: true },
      operationContext(),
    );
    await using served = await listenEtcdServer({ store });
    await using ours = openTestClient({ clientUrl: served.url, tls: undefined });
    known.revision = store.currentRevision;
    known.hashesFrom = store.currentRevision + 1n;
    const write = async () => {
      await inLockStep({ etcd, ours }, writeCall, known);
    };
    await using watches = await WatchPair.open({
      etcdUrl: server.clientUrl,
      oursUrl: served.url,
      known,
      write,
    });
    const ask = async (call: RandomCall) => {
      const error = await inLockStep({ etcd, ours }, call, known);
      answers.add(`${call.name}: ${error ?? 'ok'}`);
    };
    for (const call of sureCalls(known, leases)) await ask(call);
    for (let i = 0; i < callsPerRound; i++) {
      const call = randomCall(random, makers, known);
      if (call.name === 'compact' || i % callsBetweenLooks === 0) await watches.compare();
      await ask(call);
      if (random.chance(0.03)) await watches.act(random);
    }
    await watches.compare();
    for (const [word, count] of watches.said) {
      answers.add(`watch: ${word}`);
      watchAnswers += count;
    }
    const [expected, actual] = [await hashOf(etcd), await hashOf(ours)];
    assert.deepEqual(actual, expected);
    database = await bytesOf(store);
  }
  t.diagnostic(`${rounds * callsPerRound} calls; watches told the same ${watchAnswers} things`);
  for (const answer of mustOccur) assert.ok(answers.has(answer), `no call came to "${answer}"`);
}

/** Something that a watch of everything sees, and that is the same each time. */
const writeCall: RandomCall = {
  name: 'put',
  request: { key: 'quiet' },
  send: (client) => client.kv.put({ key: utf8('quiet') }),
};

/** What the file holds before anything is written to ours. */
async function fill(etcd: EtcdClient): Promise<void> {
  for (const id of firstLeases) await etcd.lease.leaseGrant({ ID: id, TTL: 1_000_000n });
  for (let i = 0; i < 60; i++) {
    const key = utf8(`k/${i % 20}`);
    const lease = i % 7 === 0 ? firstLeases[0]! : 0n;
    if (i % 9 === 8) await etcd.kv.deleteRange({ key });
    else await etcd.kv.put({ key, value: utf8(`value ${i}`), lease });
  }
  await etcd.kv.compact({ revision: firstCompaction, physical: true });
}

async function snapshotOf(client: EtcdClient): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  await client.snapshot({
    blob(bytes) {
      pieces.push(Uint8Array.from(bytes));
      return undefined;
    },
    message: () => {},
  });
  return Buffer.concat(pieces);
}

async function bytesOf(store: EtcdStore): Promise<Uint8Array> {
  const { pieces, sizeBytes } = await store.snapshot();
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece.slice());
  const bytes = Buffer.concat(all);
  assert.equal(bytes.length, sizeBytes);
  return bytes;
}

async function hashOf(client: EtcdClient) {
  const { hash, compactRevision, hashRevision } = await client.maintenance.hashKV({});
  return { hash, compactRevision, hashRevision };
}
