/** A real kube-apiserver on a served backup: the cluster as it was, and as it was at an earlier revision. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireKubeApiserver, requireKubectl } from '../peers/index.ts';
import { type StartedKubeApiserver, startKubeApiserver } from '../support/kube-apiserver.ts';
import { unpackSample } from '../support/kubernetes-samples.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { mustRun, runCommand, type RunResult } from '../support/run-command.ts';
import { tempDir } from '../support/temp-dir.ts';
import { serveInProcess } from './served-process.ts';

const isSoak = process.env['HOLDFAST_SOAK'] === '1';

interface StoredItem {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion: string;
    readonly managedFields?: unknown;
  };
}

/** Kinds of which an API server writes next to none when it starts. */
const lists = {
  configmaps: '/api/v1/configmaps',
  secrets: '/api/v1/secrets',
  'deployments.apps': '/apis/apps/v1/deployments',
  'statefulsets.apps': '/apis/apps/v1/statefulsets',
  'cronjobs.batch': '/apis/batch/v1/cronjobs',
  nodes: '/api/v1/nodes',
} as const;

/** One of 40 updates of `shop/app-config-02` that the sample still holds: its round is "20". */
const pastRevision = 5678;

test('kube-apiserver starts on a served backup, lists what is in it, and writes', async (t) => {
  const program = await requireKubeApiserver(t);
  const kubectl = await requireKubectl(t);
  if (program === undefined || kubectl === undefined) return;
  await using dir = await tempDir('served-cluster');
  const file = await unpackSample('shop-3.6', dir.path);
  const digest = await digestOf(file);
  await using served = await serveInProcess(file, '--writable');
  const startedMs = performance.now();
  await using api = await startKubeApiserver({ program, directory: join(dir.path, 'now'), etcd: served });
  t.diagnostic(`ready after ${Math.round(performance.now() - startedMs)} ms`);
  let compared = 0;
  for (const [resource, path] of Object.entries(lists)) {
    const offline = (await itemsOffline(file, resource)).filter(isOfTheCluster);
    const online = (await itemsOf(api, path)).filter(isOfTheCluster);
    assert.ok(offline.length > 0, resource);
    assert.deepEqual(online.map(nameOf).sort(), offline.map(nameOf).sort(), resource);
    const byName = new Map(online.map((item) => [nameOf(item), item]));
    for (const item of offline)
      assert.deepEqual(byName.get(nameOf(item)), item, `${resource} ${nameOf(item)}`);
    compared += offline.length;
  }
  t.diagnostic(`${compared} objects as decoded offline`);

  const run = (...words: string[]) =>
    mustRun(kubectl.path, ['--kubeconfig', api.kubeconfigFile, '-n', 'shop', ...words], {
      timeoutMs: 60_000,
      env: { HOME: dir.path },
    });
  await run('create', 'configmap', 'made-here', '--from-literal=a=b');
  await run('patch', 'configmap', 'app-config-02', '--type=merge', '-p', '{"data":{"round":"41"}}');
  await run('delete', 'configmap', 'app-config-03');
  const after = await run('get', 'configmaps', '-o', 'name');
  assert.match(after.stdout, /configmap\/made-here\n/);
  assert.doesNotMatch(after.stdout, /app-config-03\n/);
  assert.equal(await roundOf(api), '41');
  assert.equal(await digestOf(file), digest, 'all of that was in memory');
});

test('kube-apiserver on a served backup shows the past, read-only or writable', async (t) => {
  const program = await requireKubeApiserver(t);
  const kubectl = await requireKubectl(t);
  if (program === undefined || kubectl === undefined) return;
  await using dir = await tempDir('served-past');
  const file = await unpackSample('shop-3.6', dir.path);
  const offline = await runHoldfast([
    ...['objects', 'get', file, 'configmap/app-config-02', '-n', 'shop', '-o', 'json'],
    ...['--revision', String(pastRevision)],
  ]);
  const past = JSON.parse(offline.stdout) as { data: { round: string } };
  assert.equal(past.data.round, '20');
  for (const flags of isSoak ? [[], ['--writable']] : [[]]) {
    await using served = await serveInProcess(file, '--at', String(pastRevision), ...flags);
    const directory = join(dir.path, `past${flags.join('')}`);
    await using api = await startKubeApiserver({ program, directory, etcd: served });
    const run = (...words: string[]): Promise<RunResult> =>
      runCommand(kubectl.path, ['--kubeconfig', api.kubeconfigFile, '-n', 'shop', ...words], {
        timeoutMs: 60_000,
        env: { HOME: dir.path },
      });
    const shown = await run('get', '--raw', '/api/v1/namespaces/shop/configmaps/app-config-02');
    assert.deepEqual(JSON.parse(shown.stdout), past, shown.stderr);
    const written = await run('create', 'configmap', 'made-here', '--from-literal=a=b');
    assert.equal(written.exitCode, flags.length === 0 ? 1 : 0, written.stderr);
    if (flags.length === 0) assert.match(written.stderr, /this is a read-only view of a backup/);
    const listed = await run('get', 'configmaps', '-o', 'name');
    assert.equal(listed.stdout.includes('made-here'), flags.length > 0);
  }
});

async function itemsOffline(file: string, resource: string): Promise<StoredItem[]> {
  const { stdout, stderr } = await runHoldfast(['objects', 'list', file, resource, '-A', '-o', 'json']);
  assert.match(stdout, /^\{/, stderr);
  return (JSON.parse(stdout) as { items: StoredItem[] }).items;
}

async function itemsOf(api: StartedKubeApiserver, path: string): Promise<StoredItem[]> {
  const { status, body } = await api.request('GET', path);
  assert.equal(status, 200, path);
  const { items, kind, apiVersion } = body as { items: StoredItem[]; kind: string; apiVersion: string };
  // A list says once what its items are.
  return items.map((item) => ({ apiVersion, kind: kind.replace(/List$/, ''), ...item }));
}

async function roundOf(api: StartedKubeApiserver): Promise<string> {
  const { body } = await api.request('GET', '/api/v1/namespaces/shop/configmaps/app-config-02');
  return (body as { data: { round: string } }).data.round;
}

/** Each API server adds its own authorities to this one. */
function isOfTheCluster(item: StoredItem): boolean {
  return nameOf(item) !== 'kube-system/extension-apiserver-authentication';
}

function nameOf({ metadata }: StoredItem): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

async function digestOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
