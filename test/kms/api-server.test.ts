/**
 * Objects that a real API server stored under KMS, both versions, read with a real plugin: in a snapshot and in the live
 * etcd, and listed by what they want when the plugin is of no help.
 */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openApiClient } from '../../src/kubernetes/api/index.ts';
import {
  type KmsPluginProgram,
  requireKmsPlugin,
  requireKubeApiserver,
  requirePeer,
} from '../peers/index.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { openHostFixture } from '../support/host-fixture.ts';
import { type KmsPluginServer, startKmsPlugin } from '../support/kms-plugin.ts';
import { startKubeApiserver } from '../support/kube-apiserver.ts';
import { type CliRun, runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const namespace = 'default';
const names = ['one', 'two', 'three'];

interface Item {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
}

/** Secrets under v2, config maps under v1. */
function configuration(endpoint: string, timeout = '20s'): string {
  const provider = (version: string, name: string) =>
    `providers: [{kms: {apiVersion: ${version}, name: ${name}, endpoint: '${endpoint}', timeout: ${timeout}}}, {identity: {}}]`;
  return [
    'apiVersion: apiserver.config.k8s.io/v1',
    'kind: EncryptionConfiguration',
    'resources:',
    `- {resources: [secrets], ${provider('v2', 'cloud')}}`,
    `- {resources: [configmaps], ${provider('v1', 'old')}}`,
    '',
  ].join('\n');
}

test('what an API server stores under KMS', async (t) => {
  const peer = await requirePeer(t, '3.6');
  const apiServer = await requireKubeApiserver(t);
  const program = await requireKmsPlugin(t);
  if (peer === undefined || apiServer === undefined || program === undefined) return;
  await using dir = await tempDir('kms');
  await using etcd = await startEtcd({ peer, dataDir: join(dir.path, 'etcd') });
  await etcd.ready();
  const pluginDirectory = join(dir.path, 'plugin');
  await mkdir(pluginDirectory);
  const configFile = join(dir.path, 'encryption.yaml');
  const snapshot = join(dir.path, 'snapshot.db');
  const served: Item[] = [];
  const plugins: KmsPluginServer[] = [];
  const start = async (more: Partial<Parameters<typeof startKmsPlugin>[0]> = {}) => {
    const plugin = await startKmsPlugin({ program, directory: pluginDirectory, ...more });
    plugins.push(plugin);
    return plugin;
  };
  await using _all = {
    [Symbol.asyncDispose]: async () => {
      for (const plugin of plugins) await plugin.stop();
    },
  };
  const plugin = await start();
  await writeFile(configFile, configuration(plugin.endpoint));
  {
    await using server = await startKubeApiserver({
      program: apiServer,
      directory: join(dir.path, 'kubernetes'),
      etcd,
      encryptionConfigFile: configFile,
      extraArgs: ['--feature-gates=KMSv1=true'],
    });
    await using client = openApiClient(server.admin);
    for (const name of names) {
      await client.apply(`/api/v1/namespaces/${namespace}/secrets/${name}`, body('Secret', name), fromTest);
      await client.apply(
        `/api/v1/namespaces/${namespace}/configmaps/${name}`,
        body('ConfigMap', name),
        fromTest,
      );
    }
    for (const [kind, resource] of [
      ['ConfigMap', 'configmaps'],
      ['Secret', 'secrets'],
    ])
      for (const item of (await client.list(`/api/v1/namespaces/${namespace}/${resource}`)).items)
        served.push({ apiVersion: 'v1', kind, ...item } as unknown as Item);
  }
  assert.equal(
    (await runHoldfast(['snapshot', 'save', snapshot, '--endpoints', etcd.clientUrl])).exitCode,
    0,
  );
  const list = (source: string, ...more: string[]) =>
    runHoldfast(['objects', 'list', source, 'cm,secrets', '-n', namespace, '-o', 'json', ...more]);
  const withConfig = ['--encryption-config', configFile];

  await t.test('is what the API server serves, and each key is asked for once', async () => {
    assert.ok(served.length >= 2 * names.length);
    const stored = await readFile(snapshot);
    for (const prefix of ['k8s:enc:kms:v2:cloud:', 'k8s:enc:kms:v1:old:']) assert.ok(stored.includes(prefix));
    assert.ok(!stored.includes(secretText));
    const before = { v1: await plugin.decryptions('v1'), v2: await plugin.decryptions('v2') };
    const run = await list(snapshot, ...withConfig);
    assert.equal(run.stderr, '');
    assert.deepEqual(itemsOf(run), served);
    const configMaps = served.filter(({ kind }) => kind === 'ConfigMap').length;
    assert.equal((await plugin.decryptions('v2')) - before.v2, 1);
    assert.equal((await plugin.decryptions('v1')) - before.v1, configMaps);
    t.diagnostic(`${served.length} objects compared`);
  });

  await t.test('is read in the live etcd and by get', async () => {
    const live = ['--endpoints', etcd.clientUrl, ...withConfig];
    assert.deepEqual(itemsOf(await list('live', ...live)), served);
    const words = ['objects', 'get', 'live', 'secret/one', '-n', namespace, '-o', 'raw', ...live];
    const { stdoutBytes } = await runHoldfast(words);
    assert.ok(Buffer.from(stdoutBytes).includes(secretText));
  });

  await t.test(
    'is read with the configuration and the socket that a manifest of the host names',
    async () => {
      await readThroughManifest(program, pluginDirectory, snapshot);
    },
  );

  await t.test('stays listed, with the reason, when the plugin is of no help', async () => {
    await plugin.stop();
    expectUnread(await list(snapshot, ...withConfig), /: nobody listens on its socket \(\S+kms\.sock\)$/);
    const wrong = await start({ wrongKey: true });
    expectUnread(await list(snapshot, ...withConfig), /: the key that it gave does not fit$/);
    await wrong.stop();
    const renamed = await start({ keyId: 'key-2' });
    const refused = await list(snapshot, ...withConfig);
    const why = 'the plugin answered Unknown: the key id is not key-2';
    assert.equal(
      refused.stderr,
      `${names.length} objects are encrypted and not read: they want ${cloud}: ${why}\n`,
    );
    await renamed.freeze();
    // Nobody waits here for an answer that may come.
    const hurried = join(dir.path, 'hurried.yaml');
    await writeFile(hurried, configuration(plugin.endpoint, '1s'));
    const frozen = await list(snapshot, '--encryption-config', hurried);
    expectUnread(frozen, /: the plugin did not answer within 1000 ms \(\S+\)$/);
    renamed.thaw();
    const got = await runHoldfast(['objects', 'get', snapshot, 'secret/one', '-n', namespace, ...withConfig]);
    assert.equal(got.exitCode, 1);
    assert.match(
      got.stderr,
      /encrypted with kms v2, key "cloud", and the KMS plugin gave no key: the plugin answered/,
    );
  });
});

const cloud = 'kms v2, plugin "cloud"';
const old = 'kms v1, plugin "old"';
const secretText = 'nobody may read this';
const fromTest = { fieldManager: 'test' };

function body(kind: string, name: string): string {
  const data =
    kind === 'Secret' ? { stringData: { text: `${secretText} ${name}` } } : { data: { text: name } };
  return JSON.stringify({ apiVersion: 'v1', kind, metadata: { name, namespace }, ...data });
}

function itemsOf({ exitCode, stdout, stderr }: CliRun): readonly Item[] {
  assert.equal(exitCode, 0, stderr);
  return (JSON.parse(stdout) as { items: Item[] }).items;
}

/** Everything is listed, nothing is read, and standard error says why for each plugin. */
function expectUnread(run: CliRun, why: RegExp): void {
  const items = itemsOf(run);
  assert.ok(items.length >= 2 * names.length);
  for (const { metadata } of items)
    assert.match(
      metadata.annotations?.['holdfast/unread'] ?? '',
      /^encrypted with kms v[12], key "(cloud|old)", and/,
    );
  const lines = run.stderr.trim().split('\n').toSorted();
  assert.equal(lines.length, 2, run.stderr);
  for (const line of lines) assert.match(line, why);
  for (const wanted of [cloud, old]) assert.ok(run.stderr.includes(`they want ${wanted}: `), run.stderr);
  assert.ok(!run.stdout.includes(secretText));
}

/** The manifest gives the paths of the container; its volume says where they are on the host. */
async function readThroughManifest(
  program: KmsPluginProgram,
  pluginDirectory: string,
  snapshot: string,
): Promise<void> {
  await using fixture = await openHostFixture('kubeadm-default');
  const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
  const text = await readFile(join(fixture.root, manifest), 'utf8');
  const moved = text.replace('path: /etc/kubernetes/enc\n', 'path: /srv/enc\n');
  assert.notEqual(moved, text);
  await writeFile(join(fixture.root, manifest), moved);
  const onHost = join(fixture.root, 'srv', 'enc');
  await mkdir(onHost, { recursive: true });
  const configFile = join(onHost, 'enc.yaml');
  await writeFile(configFile, configuration('unix:///etc/kubernetes/enc/kms.sock'));
  await using _plugin = await startKmsPlugin({
    program,
    directory: pluginDirectory,
    socket: join(onHost, 'kms.sock'),
  });
  const look = (...more: string[]) =>
    runHoldfast(['objects', 'list', snapshot, 'secrets', '-n', namespace, '-o', 'yaml', ...more], {
      root: fixture.root,
    });
  const run = await look();
  assert.ok(run.stdout.includes(Buffer.from(`${secretText} one`).toString('base64')));
  assert.equal(
    run.stderr,
    `Using the encryption configuration /srv/enc/enc.yaml (${manifest}:${lineOf(text, '--encryption-provider-config')}).\n`,
  );
  assert.equal((await look('--quiet')).stderr, '');
  await writeFile(configFile, 'kind: Pod');
  assert.match(
    (await look()).stderr,
    /^The encryption configuration of this host cannot be read: \/srv\/enc\/enc\.yaml.*another kind than.*\n3 objects are/,
  );
}

function lineOf(text: string, part: string): number {
  return text.slice(0, text.indexOf(part)).split('\n').length;
}
