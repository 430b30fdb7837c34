import assert from 'node:assert/strict';
import { copyFile, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext, utf8 } from '../../src/base/index.ts';
import { drill, type DrillReport } from '../../src/operations/drill/index.ts';
import { type PeerLine, peerLines, requireKubeApiserver, requirePeer } from '../peers/index.ts';
import { openTestClient } from '../support/etcd-client.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { etcdctl } from '../support/etcdctl.ts';
import {
  type KubernetesSample,
  kubernetesSamples,
  sampleFile,
  unpackSample,
} from '../support/kubernetes-samples.ts';
import { tempDir } from '../support/temp-dir.ts';

const isSoak = process.env['HOLDFAST_SOAK'] === '1';
const dir = await tempDir('drill-good');

for (const sample of isSoak ? kubernetesSamples : (['shop-3.4.23', 'shop-3.5.30', 'shop-3.6'] as const)) {
  test(`${sample} passes with the embedded server, and says what its own cluster said`, async () => {
    const report = await drillSample(sample);
    const [{ HashKV: told }] = JSON.parse(
      Buffer.from(await sampleFile(sample, 'hashkv.json')).toString(),
    ) as [{ HashKV: { hash: number; compact_revision: number } }];
    const { hashKv, compactRevision } = report.facts!;
    assert.deepEqual([hashKv, Number(compactRevision)], [told.hash, told.compact_revision]);
    assert.equal(report.server.kind, 'embedded');
  });
}

/** Each line on a file of its own; all of them on all in long runs. */
const pairs: readonly (readonly [PeerLine, KubernetesSample])[] = isSoak
  ? peerLines.flatMap((line) => kubernetesSamples.map((sample) => [line, sample] as const))
  : [
      ['3.4', 'shop-3.4.23'],
      ['3.5', 'shop-3.5.30'],
      ['3.6', 'shop-3.6'],
      ['3.7', 'shop-3.6'],
    ];

for (const [line, sample] of pairs) {
  test(`${sample} passes with the real etcd ${line}`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    const report = await drillSample(sample, { etcdProgram: peer.etcd });
    assert.deepEqual(report.server, { kind: 'etcd', version: peer.version });
  });
}

for (const line of isSoak ? peerLines : (['3.7'] as const)) {
  test(`a snapshot that etcdctl ${line} has saved passes, and so does the database it was saved from`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    const dataDir = join(dir.path, `saved-${line}`);
    const snapshot = join(dir.path, `saved-${line}.db`);
    await using server = await startEtcd({ peer, dataDir });
    await server.ready();
    await using client = openTestClient(server);
    for (let i = 0; i < 30; i++) await client.kv.put({ key: utf8(`k${i % 7}`), value: utf8(`v${i}`) });
    await client.kv.compact({ revision: 20n, physical: true });
    await etcdctl(server, ['snapshot', 'save', snapshot]);
    await server.stop();
    const database = join(dir.path, `bare-${line}.db`);
    await copyFile(join(dataDir, 'member/snap/db'), database);
    for (const source of [snapshot, database]) {
      const report = await drill({ source, workDir: dir.path, etcdProgram: peer.etcd }, operationContext());
      assert.ok(report.ok, describe(report));
      assert.deepEqual([report.facts!.revision, report.facts!.keys], [31n, 7]);
    }
  });
}

test('a real API server serves every object as it is decoded offline', async (t) => {
  const [apiServer, peer] = [await requireKubeApiserver(t), await requirePeer(t, '3.6')];
  if (apiServer === undefined || peer === undefined) return;
  const report = await drillSample('shop-3.6', {
    etcdProgram: peer.etcd,
    kubeApiserverProgram: apiServer.path,
  });
  assert.match(describe(report), /^objects ok: 2\d{3} objects as the API server serves them$/m);
  assert.equal(report.kubernetesVersion, apiServer.version);
});

test('nothing is left of a drill, unless it is kept, and then for its owner only', async () => {
  const source = await unpackSample('shop-3.6', dir.path);
  const before = await readFile(source);
  const report = await drill({ source, workDir: dir.path, keep: true }, operationContext());
  const kept = (await readdir(dir.path)).filter((name) => name.startsWith('holdfast-drill'));
  assert.deepEqual(
    kept.map((name) => join(dir.path, name)),
    [report.keptSandbox],
  );
  await rename(report.keptSandbox!, join(dir.path, 'looked-at'));
  assert.deepEqual((await readdir(join(dir.path, 'looked-at'))).includes('data'), true);
  assert.deepEqual(await readFile(source), before);
});

async function drillSample(
  sample: KubernetesSample,
  programs: { readonly etcdProgram?: string; readonly kubeApiserverProgram?: string } = {},
): Promise<DrillReport> {
  const source = await unpackSample(sample, dir.path);
  const report = await drill({ source, workDir: dir.path, ...programs }, operationContext());
  assert.ok(report.ok, describe(report));
  return report;
}

function describe({ checks }: DrillReport): string {
  return checks.map(({ name, status, summary }) => `${name} ${status}: ${summary}`).join('\n');
}

test.after(() => dir[Symbol.asyncDispose]());
