/** The same snapshot restored by us and by the real tool of every version: the same data dir. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatHex, openFileSource, operationContext } from '../../src/base/index.ts';
import { openDatabase } from '../../src/formats/bbolt/index.ts';
import { parseServerUrl, snapDirectory, walDirectory } from '../../src/formats/data-dir/index.ts';
import { type RestoreOptions, restoreSnapshot } from '../../src/operations/restore/index.ts';
import { type Peer, peerLines, requirePeer } from '../peers/index.ts';
import { databaseContents } from '../support/build-database.ts';
import { etcdctl, etcdutl, runEtcdutl } from '../support/etcdctl.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { runCommand } from '../support/run-command.ts';
import { tempDir } from '../support/temp-dir.ts';
import { runWorkload } from '../support/workload.ts';

const variants: Record<string, Omit<RestoreOptions, 'snapshotPath'>> = {
  'one member': {},
  'one of three members': {
    name: 'm1',
    initialCluster:
      'm1=http://10.0.0.1:2380,m2=http://10.0.0.2:2380,m3=http://10.0.0.3:2380,m3=http://10.0.0.4:2380',
    initialClusterToken: 'token <&> 1',
    initialAdvertisePeerUrls: 'http://10.0.0.1:2380',
  },
  'a bump': { bumpRevision: 1_000_000_000n, markCompacted: true },
};

function flagsOf(options: Omit<RestoreOptions, 'snapshotPath'>): string[] {
  const flags: Record<string, string | undefined> = {
    '--name': options.name,
    '--initial-cluster': options.initialCluster,
    '--initial-cluster-token': options.initialClusterToken,
    '--initial-advertise-peer-urls': options.initialAdvertisePeerUrls,
    '--bump-revision': options.bumpRevision?.toString(),
  };
  const given = Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [flag, value]));
  return options.markCompacted === true ? [...given, '--mark-compacted'] : given;
}

/** A snapshot of a member that has seen some work, made by its own etcdctl. */
async function takeSnapshot(peer: Peer, dir: string): Promise<string> {
  await using server = await startEtcd({ peer, dataDir: join(dir, 'source') });
  await server.ready();
  await runWorkload({ clientUrl: server.clientUrl, tls: undefined, seed: 11 });
  const path = join(dir, 'snapshot.db');
  await etcdctl(server, ['snapshot', 'save', path]);
  return path;
}

function contents(dataDir: string): Record<string, [string, string][]> {
  using file = openFileSource(join(snapDirectory(dataDir), 'db'));
  return databaseContents(openDatabase(file));
}

async function usedWal(dataDir: string): Promise<string> {
  const names = await readdir(walDirectory(dataDir));
  assert.deepEqual(names, ['0000000000000000-0000000000000000.wal']);
  const bytes = await readFile(join(walDirectory(dataDir), names[0]!));
  assert.equal(bytes.length, 64_000_000);
  return formatHex(bytes.subarray(0, 4096));
}

async function snapFile(dataDir: string): Promise<{ name: string; hex: string }> {
  const name = (await readdir(snapDirectory(dataDir))).find((entry) => entry.endsWith('.snap'))!;
  return { name, hex: formatHex(await readFile(join(snapDirectory(dataDir), name))) };
}

for (const line of peerLines) {
  test(`etcd ${line}`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    await using dir = await tempDir('restore-like');
    const snapshotPath = await takeSnapshot(peer, dir.path);
    for (const [name, options] of Object.entries(variants)) {
      // The bump came to 3.4 with 3.4.27.
      if (options.bumpRevision !== undefined && /^3\.4\.(1?\d|2[0-6])$/.test(peer.version)) continue;
      const [theirs, ours] = [join(dir.path, `${name} theirs`), join(dir.path, `${name} ours`)];
      await etcdutl(peer, ['snapshot', 'restore', snapshotPath, '--data-dir', theirs, ...flagsOf(options)]);
      await restoreSnapshot({ snapshotPath, dataDir: ours, ...options }, operationContext());
      await sameDataDir(line, theirs, ours);
      const compacted = `${ours} compacted`;
      await restoreSnapshot(
        { snapshotPath, dataDir: compacted, ...options, compact: true },
        operationContext(),
      );
      assert.deepEqual(contents(compacted), contents(ours));
      if (peer.bbolt !== undefined) {
        for (const made of [ours, compacted]) {
          const check = await runCommand(peer.bbolt, ['check', join(snapDirectory(made), 'db')], {
            timeoutMs: 60_000,
          });
          assert.equal(check.stdout.trim(), 'OK', check.stderr);
        }
      }
    }
  });
}

async function sameDataDir(line: string, theirs: string, ours: string): Promise<void> {
  const [wanted, got] = [contents(theirs), contents(ours)];
  if (line === '3.4') {
    // Its restore forgets the members of the database and the term, which etcd 3.6 cannot start without.
    const forgotten = ['members', 'members_removed', 'meta'].map(hexName);
    const others = (all: typeof wanted) =>
      Object.entries(all).filter(([bucket]) => !forgotten.includes(bucket));
    assert.deepEqual(others(got), others(wanted));
  } else assert.deepEqual(got, wanted);
  if (line === '3.5' || line === '3.6') assert.equal(await usedWal(ours), await usedWal(theirs));
  const [ourSnap, theirSnap] = [await snapFile(ours), await snapFile(theirs)];
  assert.equal(ourSnap.name, theirSnap.name);
  if (line === '3.4' || line === '3.5') assert.equal(ourSnap.hex, theirSnap.hex);
}

function hexName(name: string): string {
  return formatHex(Buffer.from(name));
}

test('URLs are accepted and refused as by etcdutl', async (t) => {
  const peer = await requirePeer(t, '3.5');
  if (peer === undefined) return;
  await using dir = await tempDir('restore-urls');
  const urls = [
    'http://localhost:2380',
    'HTTP://Host:2380',
    'https://[::1]:2380',
    'unix://host:1',
    'http://:2380',
    'http://host:',
    'http://host:1?x',
    'http://user:pw@host:1',
    'http://a_b:1',
    'http://h%20t:1',
    'http://a<b:1',
    'http://h%C3%A9:1',
    'http://h%c3%a9:1',
    'http://hé:1',
    'http://[fe80::1%25eth0]:1',
    'http://[fe80::1%eth0]:1',
    'http://h%zz:1',
    'localhost:2380',
    '://host:1',
    'ftp://host:1',
    'http://host',
    'http:host:1',
    'http://::1:2380',
    'http://host:port',
    'http://a b:1',
    'http://a{b:1',
    'http://a^b:1',
    'unix:///run/x',
    'unix:run/x',
    'unixs://host',
    'unix://host:port',
    'unix:',
    'http://host:1/',
    'http://host:1/a?b',
    'http://[::1:2380',
    'http://host:1#f',
  ];
  for (const url of urls) {
    // The file is missing: who gets so far has accepted the URL, and logs what it made of it.
    const flags = ['--initial-cluster', `default=${url}`, '--initial-advertise-peer-urls', url];
    const args = [
      'snapshot',
      'restore',
      join(dir.path, 'missing'),
      '--data-dir',
      join(dir.path, 'd'),
      ...flags,
    ];
    const result = await runEtcdutl(peer, args);
    const accepted = /no such file/.test(result.stderr);
    let parsed: string | undefined;
    try {
      parsed = parseServerUrl(url, '--flag');
    } catch {
      parsed = undefined;
    }
    assert.equal(parsed !== undefined, accepted, `${url}: ${result.stderr.split('\n').at(-2) ?? ''}`);
  }
});
