import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext } from '../../src/base/index.ts';
import { snapshotHashKv } from '../../src/operations/hashkv/index.ts';
import { verifySnapshot } from '../../src/operations/verify/index.ts';
import { peerLines, requirePeer } from '../peers/index.ts';
import { etcdctl, etcdctlJson } from '../support/etcdctl.ts';
import { type EtcdServer, startEtcd } from '../support/etcd-server.ts';
import { int64, type JsonObject } from '../support/lossless-json.ts';
import { storageVersionWritten } from '../support/storage-version.ts';
import { tempDir } from '../support/temp-dir.ts';
import { runWorkload } from '../support/workload.ts';

interface LiveHash {
  readonly hash: number;
  readonly compactRevision: bigint;
}

/** What the server answers for a revision, 0 for the current one. */
async function liveHash(server: EtcdServer, revision: bigint): Promise<LiveHash> {
  const answer = await etcdctlJson(server, ['endpoint', 'hashkv', `--rev=${revision}`]);
  const [{ HashKV: found }] = answer as unknown as [{ HashKV: JsonObject }];
  return { hash: Number(found['hash']), compactRevision: int64(found['compact_revision']) };
}

async function save(server: EtcdServer, directory: string, name: string): Promise<string> {
  const path = join(directory, name);
  await etcdctl(server, ['snapshot', 'save', path]);
  return path;
}

async function compact(server: EtcdServer, revision: bigint): Promise<void> {
  await etcdctl(server, ['compaction', '--physical', String(revision)]);
}

async function currentRevision(server: EtcdServer): Promise<bigint> {
  const answer = (await etcdctlJson(server, ['get', 'no such key'])) as unknown as { header: JsonObject };
  return int64(answer.header['revision']);
}

async function offlineHash(path: string, revision: bigint, compactRevision?: bigint): Promise<LiveHash> {
  const assumed = compactRevision === undefined ? {} : { compactRevision };
  const found = await snapshotHashKv({ path, revision, ...assumed }, operationContext());
  return { hash: found.hash, compactRevision: found.compactRevision };
}

/** Some revisions between two, both included. */
function sample(from: bigint, to: bigint, count: number): bigint[] {
  const step = (to - from) / BigInt(count) || 1n;
  const revisions: bigint[] = [to];
  for (let revision = from; revision < to; revision += step) revisions.push(revision);
  return revisions;
}

async function assertSound(path: string, skipDigest = false): Promise<void> {
  const report = await verifySnapshot({ path, skipDigest }, operationContext());
  const notOk = report.checks.filter(
    ({ name, status }) => status !== 'ok' && !(skipDigest && name === 'digest'),
  );
  assert.deepEqual(notOk, []);
}

for (const line of peerLines) {
  test(`etcd ${line}: offline HashKV equals the server's, before and after compactions`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    await using dir = await tempDir('hashkv');
    await using server = await startEtcd({ peer, dataDir: join(dir.path, 'data') });
    await server.ready();
    await storageVersionWritten(server);
    const outcome = await runWorkload({ clientUrl: server.clientUrl, tls: undefined });
    const { seed, compactRevision } = outcome;
    // Whatever the seed, there is something behind the last compaction to ask about.
    for (let i = 0; i < 6; i++) await etcdctl(server, ['put', `last ${i}`, 'value']);
    const revision = outcome.revision + 6n;
    t.diagnostic(`workload seed ${seed}, revision ${revision}, compacted at ${compactRevision}`);

    // A finished compaction, whatever the workload left under way.
    const first = compactRevision + (revision - compactRevision) / 3n;
    if (first > compactRevision) await compact(server, first);
    const before = await save(server, dir.path, 'before.db');
    await assertSound(before);
    for (const at of sample(first + 1n, revision, 6)) {
      assert.deepEqual(await offlineHash(before, at), await liveHash(server, at), `revision ${at}`);
    }
    assert.deepEqual(await offlineHash(before, 0n), await liveHash(server, 0n));

    // The same file stays comparable after the server has compacted further.
    const second = first + (revision - first) / 2n;
    await compact(server, second);
    for (const at of sample(second + 1n, revision, 3)) {
      const live = await liveHash(server, at);
      assert.equal(live.compactRevision, second);
      assert.deepEqual(await offlineHash(before, at, second), live, `revision ${at} after compaction`);
    }
    const after = await save(server, dir.path, 'after.db');
    await assertSound(after);
    for (const at of sample(second + 1n, revision, 3)) {
      assert.deepEqual(await offlineHash(after, at), await liveHash(server, at), `revision ${at}`);
    }

    await server.stop();
    const raw = join(dir.path, 'data', 'member', 'snap', 'db');
    await assertSound(raw, true);
    assert.deepEqual(await offlineHash(raw, 0n), await offlineHash(after, 0n));
  });

  test(`etcd ${line}: HashKV where compaction meets tombstones, and where nothing is left`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    await using dir = await tempDir('hashkv');
    await using server = await startEtcd({ peer, dataDir: join(dir.path, 'data') });
    await server.ready();
    await storageVersionWritten(server);
    const check = async (name: string) => {
      const path = await save(server, dir.path, `${name}.db`);
      await assertSound(path);
      const live = await liveHash(server, await currentRevision(server));
      assert.deepEqual(await offlineHash(path, 0n), live, name);
    };
    await check('fresh');
    await etcdctl(server, ['put', 'a', '1']);
    await etcdctl(server, ['put', 'b', '1']);
    await etcdctl(server, ['del', 'a']);
    await etcdctl(server, ['put', 'b', '2']);
    await check('uncompacted');
    // Exactly at the deletion of `a`, revision 4.
    await compact(server, 4n);
    await check('at a tombstone');
    await etcdctl(server, ['put', 'a', '2']);
    await check('created anew');
    await etcdctl(server, ['del', '', '--prefix']);
    await etcdctl(server, ['put', 'c', '']);
    await etcdctl(server, ['del', 'c']);
    await check('nothing alive');
    await compact(server, await currentRevision(server));
    const path = await save(server, dir.path, 'nothing left.db');
    await assertSound(path);
    await etcdctl(server, ['put', 'd', '1']);
    await check('going on');
  });
}
