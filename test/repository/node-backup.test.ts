/** Backups on a control-plane node whose etcd runs: discovery, the bundle, the ledger. */
import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { openLocalHost } from '../../src/hosts/index.ts';
import { readLedger } from '../../src/operations/ledger/index.ts';
import {
  createSlot,
  formatKeyFile,
  generateFileKey,
  openRepository,
  parseKeyFile,
  putSlot,
} from '../../src/repository/index.ts';
import { openStorage, parseStorageLocation } from '../../src/storage/index.ts';
import { operationContext } from '../../src/base/index.ts';
import { requirePeer } from '../peers/index.ts';
import {
  type ControlPlane,
  loadObjects,
  makeControlPlane,
  sampleObjects,
} from '../support/control-plane/index.ts';
import { patience, runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

type Env = Readonly<Record<string, string>>;

suite('a control-plane node', () => {
  test('is backed up with its files', async (t) => {
    const peer = await requirePeer(t, '3.6');
    if (peer === undefined) return;
    await using dir = await tempDir('node-backup');
    const root = join(dir.path, 'host');
    await using plane = await makeControlPlane({ root, peer, nodeName: 'backed-up', startOnly: true });
    await plane.etcdReady();
    await using etcd = plane.openEtcd();
    await loadObjects(etcd, sampleObjects({ clusterUid: plane.clusterUid, nodeName: 'backed-up' }));
    const keyFile = join(dir.path, 'key');
    await writeFile(keyFile, formatKeyFile(generateFileKey()), { mode: 0o600 });
    const env: Env = {
      ...patience,
      HOLDFAST_REPOSITORY: join(dir.path, 'repository'),
      HOLDFAST_KEY_FILE: keyFile,
    };
    const run = async (...argv: readonly string[]) => {
      const { exitCode, stdout, stderr } = await runHoldfast([...argv, '-w', 'json'], { root, env });
      assert.equal(exitCode, 0, stderr);
      return { ...(JSON.parse(stdout) as object), stderr } as Readonly<Record<string, unknown>> & {
        readonly stderr: string;
      };
    };
    await run('repo', 'init');

    await t.test('without a word: etcd is found, and who it is; the files go with it', async () => {
      const created = await run('backup', 'create');
      assert.match(
        created.stderr,
        /Using https:\/\/127\.0\.0\.1:\d+ from \/etc\/kubernetes\/manifests\/etcd\.yaml/,
      );
      const { header } = await etcd.maintenance.status({});
      assert.equal(created['source'], 'live');
      assert.equal(created['endpoint'], plane.etcdUrl);
      assert.equal(created['clusterId'], header!.clusterId.toString(16));
      assert.equal(created['memberId'], header!.memberId.toString(16));
      assert.equal(created['memberName'], 'backed-up');
      assert.equal(created['etcdVersion'], peer.version);
      assert.equal(created['kubernetesVersion'], 'v1.31.4');
      assert.equal(created['cluster'], `kubernetes:${plane.clusterUid}`);
      assert.deepEqual([created['membersSame'], created['membersDiffering']], [1, 0]);
      assert.ok((created['bundleFiles'] as number) > 15);
      const ledger = (await readLedger(openLocalHost({ root }), plane.hostPaths.dataDir))!;
      assert.equal(String(ledger.highWater), String(created['revision']));
    });

    await t.test('the files come back, and are named for who may read them', async () => {
      const directory = join(dir.path, 'files');
      const fetched = await run('backup', 'fetch', 'latest', '--bundle', directory);
      const shown = await run('backup', 'show', 'latest');
      const files = shown['files'] as { path: string; kind: string; sizeBytes: number }[];
      assert.equal(files.length, fetched['files']);
      for (const { path, sizeBytes } of files) {
        const [theirs, ours] = [await readFile(join(root, path)), await readFile(join(directory, path))];
        assert.ok(theirs.equals(ours), path);
        assert.equal(theirs.length, sizeBytes);
      }
      assert.equal((await stat(join(directory, 'etc/kubernetes/pki/sa.key'))).mode & 0o777, 0o600);
      const again = await runHoldfast(['backup', 'fetch', 'latest', '--bundle', directory], { root, env });
      assert.equal(again.exitCode, 4);
    });

    await t.test('a key without that use neither fetches nor names them', () =>
      keyWithoutBundle(plane, dir.path, env),
    );

    await t.test('what is not this host’s etcd, or not wanted, takes no files along', async () => {
      assert.equal((await run('backup', 'create', '--no-bundle'))['bundleFiles'], undefined);
      const snapshot = join(dir.path, 'snapshot.db');
      await run('snapshot', 'save', snapshot);
      const fromFile = await run('backup', 'create', snapshot);
      assert.equal(fromFile['bundleFiles'], undefined);
      assert.equal(fromFile['kubernetesVersion'], undefined, 'the sample’s node does not tell');
      assert.ok(((await run('backup', 'create', snapshot, '--bundle'))['bundleFiles'] as number) > 15);
      const nowhere = await runHoldfast(['backup', 'create', snapshot, '--bundle'], { env });
      assert.equal(nowhere.exitCode, 4, nowhere.stderr);
      assert.match(nowhere.stderr, /no files of a control-plane node/);
    });

    await t.test('a repository with other public keys than this host has seen gets no backup', async () => {
      const directory = join(root, 'var/lib/holdfast/repositories');
      const [name] = await readdir(directory);
      const memory = JSON.parse(await readFile(join(directory, name!), 'utf8')) as { keys: string[] };
      const keys = memory.keys.map((key) => key.replaceAll(/[0-9]/g, 'e'));
      await writeFile(join(directory, name!), JSON.stringify({ ...memory, keys }));
      const refused = await runHoldfast(['backup', 'create'], { root, env });
      assert.equal(refused.exitCode, 4);
      assert.match(refused.stderr, /has not the public keys that this host has seen in it/);
    });
  });
});

async function keyWithoutBundle({ root }: ControlPlane, directory: string, env: Env): Promise<void> {
  const ctx = operationContext();
  await using storage = await openStorage(parseStorageLocation(env['HOLDFAST_REPOSITORY']!));
  const key = parseKeyFile(await readFile(env['HOLDFAST_KEY_FILE']!, 'utf8'));
  const { keys } = await openRepository(storage, { unlock: { kind: 'key-file', key } }, ctx);
  const lock = { kind: 'key-file', key: generateFileKey() } as const;
  const createdAt = new Date().toISOString();
  await putSlot(
    storage,
    await createSlot({ keys, lock, label: 'reader', allows: ['write', 'read'], createdAt }),
  );
  const readerKey = join(directory, 'reader-key');
  await writeFile(readerKey, formatKeyFile(lock.key), { mode: 0o600 });
  const reader = { ...env, HOLDFAST_KEY_FILE: readerKey };
  const target = join(directory, 'not-allowed');
  const refused = await runHoldfast(['backup', 'fetch', 'latest', '--bundle', target], { root, env: reader });
  assert.equal(refused.exitCode, 4);
  assert.match(
    refused.stderr,
    /^Error: this key does not allow reading the control plane bundle of backups/m,
  );
  const shown = await runHoldfast(['backup', 'show', 'latest', '-w', 'json'], { root, env: reader });
  const document = JSON.parse(shown.stdout) as Record<string, unknown>;
  assert.equal(document['files'], undefined);
  assert.ok((document['bundleFiles'] as number) > 15);
  const created = await runHoldfast(['backup', 'create', '-w', 'json'], { root, env: reader });
  assert.equal(created.exitCode, 0, created.stderr);
}
