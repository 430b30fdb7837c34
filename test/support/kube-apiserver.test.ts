import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext } from '../../src/base/index.ts';
import { openApiClient } from '../../src/kubernetes/api/index.ts';
import { listNames, openInspection } from '../../src/operations/objects/index.ts';
import { requireKubeApiserver, requirePeer } from '../peers/index.ts';
import { startKubeApiserver } from './kube-apiserver.ts';
import { startRestoredSample } from './restored-sample.ts';
import { tempDir } from './temp-dir.ts';

test('a real API server on a restored etcd serves the namespaces that we read in the snapshot', async (t) => {
  const peer = await requirePeer(t, '3.6');
  const program = await requireKubeApiserver(t);
  if (peer === undefined || program === undefined) return;
  await using dir = await tempDir('kube-apiserver');
  await using sample = await startRestoredSample(peer, 'shop-3.6', dir.path);
  const started = performance.now();
  await using server = await startKubeApiserver({
    program,
    directory: join(dir.path, 'kubernetes'),
    etcd: sample.etcd,
  });
  const seconds = (performance.now() - started) / 1000;
  await using client = openApiClient(server.admin);
  assert.equal((await client.version()).gitVersion, program.version);
  const served = await client.list('/api/v1/namespaces');
  const names = served.items.map(({ metadata }) => `namespace/${(metadata as { name: string }).name}`);

  await using inspection = await openInspection({ source: sample.snapshotPath }, operationContext());
  const listed: string[] = [];
  for await (const name of listNames(inspection, { words: ['namespaces'] })) listed.push(name);
  assert.ok(listed.length > 10);
  assert.deepEqual(names.sort(), listed.sort());
  const megabytes = (await server.peakMemoryBytes()) / 1e6;
  t.diagnostic(`ready after ${seconds.toFixed(1)} s, at most ${megabytes.toFixed(0)} MB`);
});
