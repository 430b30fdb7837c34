/** Data dirs of members that are not alone, and of one that a crash caught while it took over the leader's database. */
import assert from 'node:assert/strict';
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { hasCode } from '../../src/base/index.ts';
import { databasePath, snapDirectory } from '../../src/formats/data-dir/index.ts';
import { hashKv } from '../../src/formats/mvcc/index.ts';
import { openDataDirAt } from '../../src/operations/data-dir-files/index.ts';
import { peerLines, requirePeer } from '../peers/index.ts';
import { copyDataDir, hashKvOf } from '../support/data-dir-copy.ts';
import { restartMembers, startCluster } from '../support/etcd-cluster.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { JsonGateway } from '../support/json-gateway.ts';
import { tempDir } from '../support/temp-dir.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

async function putMany(clientUrl: string, from: number, to: number): Promise<void> {
  using gateway = new JsonGateway(clientUrl, undefined);
  for (let i = from; i < to; i++) {
    await gateway.call('kv/put', { key: base64(`key ${i % 40}`), value: base64(`value ${i}`) });
  }
}

for (const line of peerLines) {
  describe(`etcd ${line}`, () => {
    // Two versions: raft's part is the same in all of them, and three members take their time to elect a leader.
    const inThree = line === '3.5' || line === '3.7';
    if (inThree)
      test('each of three members, killed together', async (t) => {
        const peer = await requirePeer(t, line);
        if (peer === undefined) return;
        await using dir = await tempDir('members');
        const extraArgs = ['--backend-batch-interval=1h', '--backend-batch-limit=1000000'];
        await using cluster = await startCluster({ peer, size: 3, directory: dir.path, extraArgs });
        await Promise.all(cluster.members.map(({ clientUrl }, i) => putMany(clientUrl, i * 60, i * 60 + 60)));
        await Promise.all(cluster.members.map((member) => member.kill()));
        const seen = cluster.members.map(({ dataDir, name }) => {
          using opened = openDataDirAt({ dataDir });
          assert.deepEqual(opened.members.map((member) => member.name).sort(), ['m1', 'm2', 'm3']);
          assert.equal(opened.members.find(({ id }) => id === opened.nodeId)?.name, name);
          // What is behind the commit index may never have been agreed on: it is left out.
          assert.equal(opened.log.appliedIndex, opened.log.commitIndex);
          assert.equal(opened.log.lastIndex - opened.log.commitIndex, BigInt(opened.log.uncommittedCount));
          return { hash: hashKv(opened.store), clusterId: opened.clusterId };
        });
        assert.equal(new Set(seen.map(({ clusterId }) => clusterId)).size, 1);
        await using again = await restartMembers(cluster.members);
        for (const [i, member] of again.members.entries())
          assert.deepEqual(await hashKvOf(member, seen[i]!.hash.hashRevision), seen[i]!.hash);
      });

    test('a database received from the leader and not yet in place', async (t) => {
      const peer = await requirePeer(t, line);
      if (peer === undefined) return;
      await using dir = await tempDir('members');
      const dataDir = join(dir.path, 'member');
      const server = await startEtcd({ peer, dataDir, extraArgs: ['--snapshot-count=50'] });
      const old = join(dir.path, 'old');
      try {
        await server.ready();
        await putMany(server.clientUrl, 0, 20);
        await server.stop();
        await copyDataDir(dataDir, old);
      } finally {
        await server.kill();
      }
      const again = await server.restart();
      try {
        await again.ready();
        await putMany(again.clientUrl, 20, 200);
      } finally {
        await again.kill();
      }
      const caught = await copyDataDir(dataDir, join(dir.path, 'caught'));
      await copyFile(databasePath(old), databasePath(caught));
      // etcd writes the .snap file first, then the log's mention of it: killed between, the newest file does not count.
      let index = '';
      assert.throws(
        () => openDataDirAt({ dataDir: caught }),
        (error: unknown) => {
          assert.ok(hasCode(error, 'DATA_DIR_INVALID'), String(error));
          const continued = /continues a snapshot at index (\d+)/.exec(error.message)?.[1];
          index = BigInt(continued ?? 0)
            .toString(16)
            .padStart(16, '0');
          return continued !== undefined;
        },
      );
      const snaps = (await readdir(snapDirectory(caught))).filter((name) => name.endsWith('.snap'));
      assert.ok(
        snaps.some((name) => name.endsWith(`${index}.snap`)),
        `${index} is among ${snaps.join(', ')}`,
      );
      await copyFile(databasePath(dataDir), join(snapDirectory(caught), `${index}.snap.db`));
      using ours = openDataDirAt({ dataDir: caught });
      const own = hashKv(ours.store);
      assert.equal(own.hashRevision, 201n);
      const booted = await server.restart({ dataDir: await copyDataDir(caught, join(dir.path, 'truth')) });
      try {
        await booted.ready();
        assert.deepEqual(await hashKvOf(booted, own.hashRevision), own);
      } finally {
        await booted.stop();
      }
    });
  });
}
