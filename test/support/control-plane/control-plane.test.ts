/**
 * The control plane for tests goes wrong as a real one does: what was measured on Kubernetes 1.36 with etcd 3.6 after
 * the documented manual restore (`get` old, `list` newer) happens here too, and is healed by the same two things. The
 * API server here is a stand-in; etcd is real.
 */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { operationContext } from '../../../src/base/index.ts';
import { restoreSnapshot } from '../../../src/operations/restore/index.ts';
import { saveSnapshot } from '../../../src/operations/save/index.ts';
import { type PeerLine, requirePeer } from '../../peers/index.ts';
import { freePorts } from '../free-ports.ts';
import { tempDir } from '../temp-dir.ts';
import { eventually } from '../waiting.ts';
import {
  type ApiConnection,
  askPatiently,
  type ControlPlane,
  createAuthorities,
  layOutControlPlane,
  loadObjects,
  makeControlPlane,
  openApiConnection,
  sampleObjects,
  startControlPlane,
} from './index.ts';

const configMaps = '/api/v1/namespaces/shop/configmaps';

interface ConfigMap {
  readonly metadata: { readonly name: string };
  readonly data?: { readonly generation?: string };
}

/** `name=generation` of the config maps that a list shows. */
async function listed(api: ApiConnection, query = '?resourceVersion=0'): Promise<string[]> {
  const answer = await askPatiently(api, `${configMaps}${query}`);
  assert.equal(answer.status, 200, answer.text);
  const { items } = answer.json() as { items: readonly ConfigMap[] };
  return items.map(({ metadata, data }) => `${metadata.name}=${data?.generation ?? ''}`);
}

function logOf(plane: ControlPlane, name: string): Promise<string> {
  return readFile(join(plane.runner.containerLogs, name), 'utf8');
}

async function got(api: ApiConnection, name: string): Promise<string> {
  const answer = await api.get(`${configMaps}/${name}`);
  return answer.status === 200 ? ((answer.json() as ConfigMap).data?.generation ?? '') : `${answer.status}`;
}

async function put(api: ApiConnection, name: string, generation: string): Promise<void> {
  const answer = await api.request('PUT', `${configMaps}/${name}`, { data: { generation } });
  assert.ok(answer.status < 300, answer.text);
}

/** A control plane, a snapshot of it, and then three changes: one object changed, one removed, one new. */
async function savedAndChanged(t: TestContext, line: PeerLine) {
  const peer = await requirePeer(t, line);
  if (peer === undefined) return undefined;
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await tempDir(`control-plane-${line}`));
  const plane = stack.use(await makeControlPlane({ root: join(dir.path, 'root'), peer }));
  const api = stack.use(plane.openApi());
  const snapshotPath = join(dir.path, 'snapshot.db');
  await saveSnapshot({ client: plane.etcdClientOptions, target: { path: snapshotPath } }, operationContext());
  const before = await listed(api, '');
  assert.equal(before.length, 20, await logOf(plane, 'kube-apiserver.yaml-kube-apiserver.log'));
  await put(api, 'app-config-00', '2');
  await put(api, 'newer', '1');
  await api.request('DELETE', `${configMaps}/app-config-01`);
  const after = await listed(api, '');
  assert.deepEqual(
    after,
    ['app-config-00=2', ...before.slice(2), 'newer=1'],
    'the list that waits for etcd shows the changes',
  );
  const started = stack.move();
  return { plane, api, snapshotPath, before, after, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

/** Restores beside the present data directory. */
async function restoreBeside(
  { root, nodes }: ControlPlane,
  snapshotPath: string,
  bump: { readonly bumpRevision?: bigint; readonly markCompacted?: boolean } = {},
): Promise<void> {
  const [node] = nodes;
  const peerUrl = `https://${node!.address}:${node!.etcdPeerPort}`;
  await restoreSnapshot(
    {
      snapshotPath,
      name: node!.name,
      dataDir: join(root, 'var/lib/etcd-restored'),
      initialCluster: `${node!.name}=${peerUrl}`,
      initialClusterToken: 'restored',
      initialAdvertisePeerUrls: peerUrl,
      ...bump,
    },
    operationContext(),
  );
}

/** Makes a manifest of etcd name the restored directory, where it should be next. */
async function nameRestoredDirectory(root: string, manifest: string, target: string): Promise<void> {
  const text = await readFile(manifest, 'utf8');
  const edited = join(root, 'edited.yaml');
  await writeFile(edited, text.replaceAll(/\/var\/lib\/etcd$/gm, '/var/lib/etcd-restored'));
  await rename(edited, target);
}

/** As the tutorials say: restore to a new directory, edit only etcd's manifest, wait. */
async function restoreByTheTutorial(
  plane: ControlPlane,
  ...[snapshotPath, bump]: [string, { bumpRevision: bigint; markCompacted: boolean }?]
): Promise<void> {
  await restoreBeside(plane, snapshotPath, bump);
  const from = (await plane.runner.events()).length;
  await nameRestoredDirectory(plane.root, plane.manifests.etcd, plane.manifests.etcd);
  await plane.runner.waitFor('etcd on the new directory', isStartOf('etcd.yaml'), { from });
  await plane.apiReady();
}

const isStartOf =
  (file: string) =>
  (event: { readonly event: string; readonly file?: string }): boolean =>
    event.event === 'started' && event.file === file;

for (const line of ['3.4', '3.5', '3.6'] as const) {
  test(`etcd ${line}: after a plain rewind the lists stay newer than the objects, whatever is written`, async (t) => {
    await using saved = await savedAndChanged(t, line);
    if (saved === undefined) return;
    const { plane, api, after } = saved;
    await restoreByTheTutorial(plane, saved.snapshotPath);
    assert.equal(await got(api, 'app-config-00'), '1');
    assert.equal(await got(api, 'app-config-01'), '1');
    assert.equal(await got(api, 'newer'), '404');
    assert.deepEqual(await listed(api), after);
    // Even when the revision has caught up and the watch goes on, what was missed stays missed.
    await eventually(60_000, 'the cache hears of a write again', async () => {
      await put(api, 'marker', '1');
      return (await listed(api)).includes('marker=1') ? true : undefined;
    });
    for (const query of ['?resourceVersion=0', '']) {
      const names = await listed(api, query);
      assert.ok(names.includes('app-config-00=2') && names.includes('newer=1'), names.join(' '));
      assert.ok(!names.includes('app-config-01=1'), names.join(' '));
    }
    assert.equal(await got(api, 'newer'), '404');
  });

  test(`etcd ${line}: after a bump with everything marked compacted the lists are right`, async (t) => {
    await using saved = await savedAndChanged(t, line);
    if (saved === undefined) return;
    const { plane, api, before } = saved;
    const running = await plane.runner.running();
    await restoreByTheTutorial(plane, saved.snapshotPath, {
      bumpRevision: 1_000_000_000n,
      markCompacted: true,
    });
    await eventually(30_000, 'the cache has listed anew', async () => {
      assert.deepEqual(await listed(api), before);
      return true;
    });
    assert.equal(await got(api, 'app-config-00'), '1');
    const pidOf = (pods: typeof running) => pods.find(({ file }) => file === 'kube-apiserver.yaml')?.pid;
    assert.equal(pidOf(await plane.runner.running()), pidOf(running), 'by the same API server');
  });
}

test('with all four manifests away during a plain rewind the lists are right', async (t) => {
  await using saved = await savedAndChanged(t, '3.6');
  if (saved === undefined) return;
  const { plane, before } = saved;
  const away = join(plane.root, 'etc/kubernetes/away');
  await mkdir(away);
  const files = await readdir(plane.manifestsDir);
  for (const file of files) await rename(join(plane.manifestsDir, file), join(away, file));
  await eventually(30_000, 'everything has stopped', async () =>
    (await plane.runner.running()).length === 0 ? true : undefined,
  );
  await restoreBeside(plane, saved.snapshotPath);
  await nameRestoredDirectory(plane.root, join(away, 'etcd.yaml'), plane.manifests.etcd);
  for (const file of await readdir(away)) {
    if (file !== 'etcd.yaml') await rename(join(away, file), join(plane.manifestsDir, file));
  }
  await plane.apiReady();
  using api = plane.openApi();
  assert.deepEqual(await listed(api), before);
});

test('the stand-in stays alive and unready without etcd, and is ready with it again', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('control-plane');
  await using plane = await makeControlPlane({ root: dir.path, peer });
  using api = plane.openApi();
  const all = await listed(api, '');
  const apiServer = (await plane.runner.running()).find(({ file }) => file === 'kube-apiserver.yaml')!;
  await rename(plane.manifests.etcd, join(dir.path, 'etcd.yaml'));
  await eventually(30_000, '/readyz refuses', async () => {
    const { status, text } = await api.get('/readyz');
    return status === 500 && text.includes('[-]etcd failed') ? true : undefined;
  });
  assert.equal((await api.get('/livez')).status, 200);
  assert.deepEqual(await listed(api), all, 'the cache is still served');
  await rename(join(dir.path, 'etcd.yaml'), plane.manifests.etcd);
  await plane.apiReady();
  const now = await plane.runner.running();
  assert.equal(now.find(({ file }) => file === 'kube-apiserver.yaml')?.pid, apiServer.pid);
});

test('the controllers renew their leases through the API server, and the API server its own key', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('control-plane');
  await using plane = await makeControlPlane({ root: dir.path, peer });
  await using etcd = plane.openEtcd();
  const versionOf = async (key: string) => (await etcd.kv.range({ key: Buffer.from(key) })).kvs[0]?.version;
  for (const name of ['kube-controller-manager', 'kube-scheduler']) {
    await eventually(30_000, `${name} renews`, async () =>
      ((await versionOf(`/registry/leases/kube-system/${name}`)) ?? 0n) >= 2n ? true : undefined,
    );
  }
  // Where etcd was not there at its first attempt, the next one comes ten seconds later.
  await eventually(30_000, 'the API server tells that it is there', async () =>
    ((await versionOf('/registry/masterleases/127.0.0.1')) ?? 0n) >= 1n ? true : undefined,
  );
});

test('nobody without a certificate of the cluster reads objects', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('control-plane');
  await using plane = await makeControlPlane({ root: dir.path, peer });
  using anonymous = openApiConnection({
    server: plane.apiServerUrl,
    ca: await readFile(plane.pki.caFile, 'utf8'),
  });
  assert.equal((await anonymous.get('/readyz')).status, 200);
  assert.equal((await anonymous.get(configMaps)).status, 403);
});

test('after a power failure everything comes back with its data', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('control-plane');
  await using plane = await makeControlPlane({ root: dir.path, peer });
  using api = plane.openApi();
  await put(api, 'written', '7');
  await plane.restartRunner('kill');
  await plane.apiReady();
  using again = plane.openApi();
  assert.equal(await got(again, 'written'), '7');
  assert.equal((await plane.runner.running()).length, 4);
});

test('three nodes with addresses, roots and runners of their own form one control plane', async (t) => {
  const peer = await requirePeer(t, '3.5');
  if (peer === undefined) return;
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await tempDir('control-plane'));
  const authorities = await createAuthorities(join(dir.path, 'authorities'));
  const peerPorts = await freePorts(3);
  const nodes = peerPorts.map((etcdPeerPort, index) => ({
    name: `cp${index + 1}`,
    address: `127.0.0.${index + 2}`,
    etcdPeerPort,
  }));
  const planes: ControlPlane[] = [];
  for (const { name: nodeName, address, etcdPeerPort: etcdPeer } of nodes) {
    const root = join(dir.path, nodeName);
    const layout = await layOutControlPlane({
      ...{ root, peer, nodeName, address, nodes, authorities },
      ports: { etcdPeer },
    });
    planes.push(stack.use(await startControlPlane(layout, { commandPrefix: ['/usr/bin/env', 'LANG=C'] })));
  }
  await Promise.all(planes.map((plane) => plane.etcdReady()));
  const [first, second, third] = planes;
  await using etcd = first!.openEtcd();
  await loadObjects(etcd, sampleObjects({ clusterUid: first!.clusterUid }));
  const { members } = await etcd.cluster.memberList({});
  assert.deepEqual(members.map(({ name }) => name).sort(), ['cp1', 'cp2', 'cp3']);
  await Promise.all(planes.map((plane) => plane.apiReady()));
  using writer = second!.openApi();
  await put(writer, 'from-cp2', '1');
  using reader = third!.openApi();
  assert.ok((await listed(reader, '')).includes('from-cp2=1'));
});
