import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ErrorCode, hasCode, operationContext, utf8 } from '../../src/base/index.ts';
import type { EtcdClientOptions } from '../../src/etcd/index.ts';
import {
  type SaveSnapshotOptions,
  type SaveSnapshotResult,
  saveSnapshot,
} from '../../src/operations/save/index.ts';
import { peerLines, requirePeer } from '../peers/index.ts';
import { clientOptions, openTestClient } from '../support/etcd-client.ts';
import { startCluster } from '../support/etcd-cluster.ts';
import { choosePorts, startEtcd } from '../support/etcd-server.ts';
import { etcdutl } from '../support/etcdctl.ts';
import { createPki } from '../support/pki.ts';
import { tempDir } from '../support/temp-dir.ts';
import { testSeed } from '../support/test-seed.ts';
import { runWorkload } from '../support/workload.ts';
import { eventually } from '../support/waiting.ts';

function save(
  client: EtcdClientOptions,
  path: string,
  more: Partial<SaveSnapshotOptions> = {},
): Promise<SaveSnapshotResult> {
  return saveSnapshot({ client, target: { path }, ...more }, operationContext());
}

function refused(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  return assert.rejects(work, (error) => {
    assert.ok(hasCode(error, code), `${String(error)} has the code ${code}`);
    return true;
  });
}

for (const line of peerLines) {
  test(`a save over mutual TLS, with and without users, etcd ${line}`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    await using dir = await tempDir('save');
    const tls = await createPki(`${dir.path}/pki`);
    await using server = await startEtcd({ peer, dataDir: `${dir.path}/data`, tls });
    await server.ready();
    await runWorkload({ clientUrl: server.clientUrl, tls, size: 'small', seed: testSeed(t) });
    const client = clientOptions(server);

    await t.test('is the file that etcd’s own tools take for a snapshot', async () => {
      const path = join(dir.path, 'one.db');
      const result = await save(client, path);
      const bytes = await readFile(path);
      const digest = createHash('sha256').update(bytes.subarray(0, -32)).digest();
      assert.deepEqual(bytes.subarray(-32), digest);
      assert.equal(result.sha256, digest.toString('hex'));
      assert.equal(result.sizeBytes, bytes.length);
      const newer = line === '3.6' || line === '3.7';
      assert.equal(result.version, newer ? `${line}.0` : '');
      await etcdutl(peer, ['snapshot', 'status', path]);
    });

    await t.test('asks for a user with the root role', async () => {
      await using admin = openTestClient(server);
      await admin.auth.userAdd({ name: 'root', password: 'secret' });
      await admin.auth.userGrantRole({ user: 'root', role: 'root' });
      await admin.auth.userAdd({ name: 'guest', password: 'guest' });
      await admin.auth.authEnable({});
      const path = join(dir.path, 'two.db');
      const as = (name: string, password: string) => ({ ...client, user: { name, password } });
      await refused(save(client, path), 'AUTH_REQUIRED');
      await refused(save(as('root', 'wrong'), path), 'AUTH_FAILED');
      await refused(save(as('guest', 'guest'), path), 'PERMISSION_DENIED');
      assert.deepEqual(
        (await readdir(dir.path)).filter((name) => name.startsWith('two.db')),
        [],
      );
      await save(as('root', 'secret'), path);
    });
  });
}

test('a server that is killed while it sends', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('save');
  const tls = await createPki(`${dir.path}/pki`);
  await using server = await startEtcd({ peer, dataDir: `${dir.path}/data`, tls });
  await server.ready();
  await using client = openTestClient(server);
  const value = new Uint8Array(1 << 20).fill(7);
  // More than fits into all windows and buffers between the server and a sink that takes nothing.
  for (let i = 0; i < 80; i++) await client.kv.put({ key: utf8(`k${i}`), value });
  let killed: Promise<void> | undefined;
  const target = {
    sink: {
      write: async () => {
        await (killed ??= server.kill());
      },
    },
  };
  const saving = saveSnapshot({ client: clientOptions(server), target }, operationContext());
  await refused(saving, 'CONNECTION_LOST');
});

test('any endpoint of a cluster', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('save');
  await using cluster = await startCluster({ peer, size: 3, directory: `${dir.path}/members` });
  const [first, second, third] = cluster.members;
  await using client = openTestClient(first!, second!, third!);
  await client.kv.put({ key: utf8('a'), value: utf8('1') });

  const learnerPorts = await choosePorts();
  const learnerPeerUrl = `http://127.0.0.1:${learnerPorts.peer}`;
  // A young cluster counts as unhealthy for some seconds and takes no members.
  const members = await eventually(60_000, 'the cluster takes a learner', async () => {
    // An attempt that was not answered in time may have been heard all the same.
    const known = (await client.cluster.memberList({ linearizable: true })).members;
    if (known.some(({ peerURLs }) => peerURLs.includes(learnerPeerUrl))) return known;
    return (await client.cluster.memberAdd({ peerURLs: [learnerPeerUrl], isLearner: true })).members;
  });
  const initialCluster = members.map(({ name, peerURLs }) => `${name || 'learner'}=${peerURLs[0]}`).join(',');
  await using learner = await startEtcd({
    peer,
    name: 'learner',
    dataDir: `${dir.path}/members/learner`,
    ports: learnerPorts,
    initialCluster,
    initialClusterState: 'existing',
  });
  const endpoints = [learner, first!, second!, third!].map(({ clientUrl }) => clientUrl);
  const options = { ...clientOptions(first!), endpoints };
  const leader = await eventually(60_000, 'the learner answers and there is a leader', async () => {
    const found = await Promise.all(endpoints.map((endpoint) => client.maintenance.status({}, { endpoint })));
    const index = found.findIndex((status) => status.leader === status.header?.memberId);
    return index < 1 ? undefined : endpoints[index];
  });

  await t.test('one is chosen only when asked for', async () => {
    await refused(save(options, join(dir.path, 'refused.db')), 'USAGE');
  });

  await t.test('a follower, not the leader, not the learner', async () => {
    const result = await save(options, join(dir.path, 'any.db'), { anyEndpoint: true });
    assert.notEqual(result.endpoint, leader);
    assert.notEqual(result.endpoint, learner.clientUrl);
    assert.match(
      result.endpointReason,
      /^follower, applied index \d+, one of 3 voting members that answered$/,
    );
  });

  await t.test('the one that still lives when the others are gone, although it has no leader', async () => {
    const survivor = cluster.members.find(({ clientUrl }) => clientUrl !== leader)!;
    for (const member of cluster.members) if (member !== survivor) await member.kill();
    const leaderless = async () => {
      const status = await client.maintenance.status({}, { endpoint: survivor.clientUrl });
      return status.leader === 0n ? true : undefined;
    };
    await eventually(60_000, 'the survivor notices that it has no leader', leaderless);
    const warnings: string[] = [];
    const result = await saveSnapshot(
      { client: options, target: { path: join(dir.path, 'last.db') }, anyEndpoint: true },
      operationContext({ events: (event) => event.type === 'warning' && warnings.push(event.message) }),
    );
    assert.equal(result.endpoint, survivor.clientUrl);
    assert.equal(warnings.length, 1);
  });
});
