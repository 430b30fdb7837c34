/**
 * What comes out of a repository is what went in: by the words of etcd's own tools, by a server that runs on it, and
 * for an exact backup byte for byte. Under HOLDFAST_SOAK=1 every file is run, by every version that takes it.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { operationContext } from '../../src/base/index.ts';
import { snapshotHashKv } from '../../src/operations/index.ts';
import { type Peer, type PeerLine, peerLines, requirePeer } from '../peers/index.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { etcdctl, etcdctlJson, etcdutl } from '../support/etcdctl.ts';
import { type KubernetesSample, kubernetesSamples, unpackSample } from '../support/kubernetes-samples.ts';
import { int64, type JsonObject } from '../support/lossless-json.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';
import { testSeed } from '../support/test-seed.ts';
import { runWorkload } from '../support/workload.ts';
import { type Json, makeRepository } from './repository-commands.ts';

const isSoak = process.env['HOLDFAST_SOAK'] === '1';
const ctx = operationContext();

const sampleLines: Readonly<Record<KubernetesSample, PeerLine>> = {
  'shop-3.4.23': '3.4',
  'shop-3.5.30': '3.5',
  'shop-3.6': '3.6',
  'shop-edited-3.6': '3.6',
  'enc-mixed-3.6': '3.6',
};

let dir: TempDir;
before(async () => {
  dir = await tempDir('same-content');
});
after(() => dir[Symbol.asyncDispose]());

/** A repository of its own. Returns what runs a command on it. */
async function newRepository(name: string) {
  const { env } = await makeRepository(dir.path, `${name}.repository`);
  return async (exitCode: number, ...argv: readonly string[]) => {
    const result = await runHoldfast([...argv, '-w', 'json'], { env });
    assert.equal(result.exitCode, exitCode, `${argv.join(' ')}: ${result.stderr}${result.stdout}`);
    return (exitCode === 0 ? JSON.parse(result.stdout) : JSON.parse(result.stderr)) as Json;
  };
}

const sha256Of = async (path: string) => hash('sha256', await readFile(path));

/** What etcd's own tool says of a file, but its size, which differs between an old and a fresh file. */
async function statusOf(peer: Peer, path: string): Promise<Json> {
  const status = JSON.parse(await etcdutl(peer, ['snapshot', 'status', path, '-w', 'json'])) as Json;
  const { hash, revision, totalKey, version } = status;
  assert.equal(typeof hash, 'number');
  return { hash, revision, totalKey, version };
}

/** What a real server says that runs on a file, restored by etcd's own tool. */
async function servedOf(peer: Peer, path: string) {
  const dataDir = `${path}.${peer.line}`;
  await etcdutl(peer, ['snapshot', 'restore', path, '--data-dir', dataDir]);
  await using etcd = await startEtcd({ peer, dataDir });
  await etcd.ready();
  const counted = (await etcdctlJson(etcd, ['get', '', '--from-key', '--limit=1'])) as unknown as JsonObject;
  const revision = int64((counted['header'] as JsonObject)['revision']);
  const answer = await etcdctlJson(etcd, ['endpoint', 'hashkv', `--rev=${revision}`]);
  const [{ HashKV: hashed }] = answer as unknown as [{ HashKV: JsonObject }];
  return {
    revision,
    keys: int64(counted['count'] ?? '0'),
    hash: Number(hashed['hash']),
    compactRevision: int64(hashed['compact_revision']),
  };
}

/** Backs a file up and fetches it in both ways; each is the same by all measures that are taken. */
async function comesBack(path: string, peer: Peer, boot: readonly Peer[]): Promise<void> {
  const name = basename(path);
  const run = await newRepository(name);
  const created = await run(0, 'backup', 'create', path, '--exact');
  const again = await run(0, 'backup', 'create', path, '--exact');
  assert.deepEqual([again['newBytes'], again['parent']], [0, created['id']]);
  const plain = await run(0, 'backup', 'create', path);
  assert.deepEqual([created['exact'], plain['exact']], [true, false]);
  const exactPath = join(dir.path, `${name}.exact`);
  const freshPath = join(dir.path, `${name}.fresh`);
  const id = String(created['id']);
  assert.equal((await run(0, 'backup', 'fetch', id, exactPath, '--exact'))['sha256'], created['sha256']);
  assert.equal(await sha256Of(exactPath), await sha256Of(path), 'byte for byte');
  const fresh = await run(0, 'backup', 'fetch', String(plain['id']), freshPath);
  assert.deepEqual([fresh['exact'], fresh['sha256']], [false, await sha256Of(freshPath)]);
  const refused = (await run(4, 'backup', 'fetch', String(plain['id']), `${freshPath}.2`, '--exact')) as {
    error: Json;
  };
  assert.equal(refused.error['code'], 'BACKUP_NOT_EXACT');
  for (const each of [created, plain])
    assert.equal((await run(0, 'backup', 'verify', String(each['id'])))['ok'], true);
  assert.deepEqual(await statusOf(peer, freshPath), await statusOf(peer, path));
  const hashKv = await snapshotHashKv({ path }, ctx);
  assert.equal(hashKv.hash, created['hashKv']);
  assert.deepEqual(await snapshotHashKv({ path: freshPath }, ctx), hashKv);
  for (const server of boot) {
    const served = await servedOf(server, freshPath);
    assert.deepEqual(served, await servedOf(server, path), `etcd ${server.line}`);
    assert.equal(served.keys, BigInt(created['keys'] as number));
  }
  await rm(exactPath);
  await rm(freshPath);
}

/** A snapshot of a real server after a workload, saved by its own tool. */
async function savedBy(peer: Peer, t: TestContext): Promise<string> {
  const path = join(dir.path, `real-${peer.line}.db`);
  await using etcd = await startEtcd({ peer, dataDir: join(dir.path, `source-${peer.line}`) });
  await etcd.ready();
  const size = isSoak ? 'large' : 'small';
  await runWorkload({ clientUrl: etcd.clientUrl, tls: undefined, size, seed: testSeed(t) });
  await etcdctl(etcd, ['snapshot', 'save', path]);
  return path;
}

for (const sample of kubernetesSamples)
  test(`a control plane's snapshot comes back: ${sample}`, async (t) => {
    const peer = await requirePeer(t, sampleLines[sample]);
    if (peer === undefined) return;
    await comesBack(await unpackSample(sample, dir.path), peer, isSoak ? [peer] : []);
  });

for (const line of isSoak ? peerLines : (['3.7'] as const))
  test(`a snapshot of a real etcd ${line} comes back, and a real etcd runs on it`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    await comesBack(await savedBy(peer, t), peer, [peer]);
  });
