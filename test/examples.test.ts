/** Every example, run as its own text says: against files and a server made by a real etcd. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test, type TestContext } from 'node:test';
import packageJson from '../package.json' with { type: 'json' };
import { peer, requirePeer } from './peers/index.ts';
import { etcdctl, etcdctlJson } from './support/etcdctl.ts';
import { type EtcdServer, startEtcd } from './support/etcd-server.ts';
import { unpackSample } from './support/kubernetes-samples.ts';
import { mustRun } from './support/run-command.ts';
import { type TempDir, tempDir } from './support/temp-dir.ts';

const directory = join(import.meta.dirname, '..', 'examples');

/** The subpaths that an example imports. */
async function importsOf(name: string): Promise<string[]> {
  const text = await readFile(join(directory, name), 'utf8');
  return Array.from(text.matchAll(/from '(holdfast[^']*)'/g), ([, specifier]) => specifier!);
}

test('every subpath of the package has an example', async () => {
  const names = await readdir(directory);
  const used = new Set(
    (await Promise.all(names.filter((name) => name.endsWith('.ts')).map(importsOf))).flat(),
  );
  for (const subpath of Object.keys(packageJson.exports))
    assert.ok(used.has(subpath.replace('.', 'holdfast')), `no example for ${subpath}`);
});

test('list-objects', async () => {
  await using place = await tempDir('examples-objects');
  const path = await unpackSample('shop-3.6', place.path);
  const words = ['--conditions=holdfast-source', '--no-warnings', join(directory, 'list-objects.ts'), path];
  const { stdout } = await mustRun(process.execPath, [...words, 'deployments'], { timeoutMs: 180_000 });
  assert.match(stdout, /^deployments shop\/svc-0 {2}apps\/v1 Deployment$/m);
});

suite('examples', () => {
  let server: EtcdServer | undefined;
  let dir: TempDir | undefined;
  let snapshot = '';

  before(async () => {
    dir = await tempDir('examples');
    // A peer that cannot be had is reported by each test.
    const found = await peer('3.6').catch(() => undefined);
    if (found === undefined) return;
    server = await startEtcd({ peer: found, dataDir: join(dir.path, 'member') });
    await server.ready();
    for (const words of ['put a 1', 'put b 2', 'put a 3', 'del b']) await etcdctl(server, words.split(' '));
    snapshot = join(dir.path, 'given.db');
    await etcdctl(server, ['snapshot', 'save', snapshot]);
  });
  after(async () => {
    await server?.stop();
    await dir?.[Symbol.asyncDispose]();
  });

  const run = async (name: string, ...args: string[]) => {
    const env = { ETCDCTL_ENDPOINTS: server!.clientUrl };
    const words = ['--conditions=holdfast-source', '--no-warnings', join(directory, name), ...args];
    return (await mustRun(process.execPath, words, { timeoutMs: 180_000, env })).stdout;
  };
  const withServer = (name: string, body: (t: TestContext) => Promise<void>): void => {
    test(name, async (t) => {
      if ((await requirePeer(t, '3.6')) === undefined) return;
      assert.ok(server, 'etcd did not start');
      await body(t);
    });
  };

  withServer('list-keys', async () => {
    assert.match(
      await run('list-keys.ts', snapshot),
      /^revision 5, compacted at -1\na {2}revision 4 {2}version 2 {2}\d+ bytes\n$/,
    );
    assert.match(await run('list-keys.ts', snapshot, '3'), /^a .*\nb .*\n$/m);
  });

  withServer('check-structure', async () => {
    assert.match(await run('check-structure.ts', snapshot), /^bucket .*key.*: 4 rows$/m);
  });

  withServer('live-client', async () => {
    assert.equal(
      await run('live-client.ts'),
      'example/one = hello\nexample/two = world\nevent: example/one\nevent: example/two\n',
    );
  });

  withServer('check-health', async () => {
    assert.equal(await run('check-health.ts'), `${server!.clientUrl}: healthy\n`);
  });

  withServer('save-and-restore', async () => {
    const printed = await run('save-and-restore.ts', dir!.path);
    assert.match(printed, /^saved \d+ bytes from http:/m);
    assert.match(printed, /^ok {2}digest {2}/m);
    assert.match(printed, /^restored member [0-9a-f]+ into .*restored\.etcd$/m);
    // The restored data dir has what the next two read.
    assert.match(
      await run('read-raft-snapshot.ts', join(dir!.path, 'restored.etcd')),
      /\.snap: index \d+, term 1, voters [0-9a-f]+/,
    );
    assert.match(
      await run('read-wal.ts', join(dir!.path, 'restored.etcd')),
      /^member [0-9a-f]+ of cluster [0-9a-f]+\nterm 1/,
    );
  });

  withServer('open-data-dir and read-wal, of a member that was killed', async () => {
    await etcdctl(server!, ['put', 'late', 'write']);
    const reply = (await etcdctlJson(server!, ['endpoint', 'hashkv'])) as readonly {
      HashKV: { hash: unknown };
    }[];
    await server!.kill();
    const opened = await run('open-data-dir.ts', server!.dataDir);
    assert.match(opened, new RegExp(`^hash ${String(reply[0]!.HashKV.hash)} at revision `, 'm'));
    assert.match(await run('read-wal.ts', server!.dataDir), /^entry \d+ {2}term 2 {2}normal {2}\d+ bytes$/m);
  });
});
