import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { startCluster } from '../support/etcd-cluster.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { etcdctl, etcdctlJson, etcdutl, runEtcdctl } from '../support/etcdctl.ts';
import type { JsonObject } from '../support/lossless-json.ts';
import { createPki } from '../support/pki.ts';
import { mustRun } from '../support/run-command.ts';
import { readStore } from '../support/store-content.ts';
import { tempDir } from '../support/temp-dir.ts';
import { runWorkload } from '../support/workload.ts';
import { type Peer, peerLines, requirePeer } from './index.ts';

for (const line of peerLines) {
  test(`etcd ${line}: every program is of the line and says the same version`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    assert.match(peer.version, new RegExp(`^${line.replace('.', '\\.')}\\.\\d+$`));
    for (const [program, said] of await versionTexts(peer)) {
      assert.ok(said.includes(peer.version), `${program} says ${said}`);
    }
    assert.equal(peer.etcdutl === undefined, line === '3.4');
  });

  test(`etcd ${line}: one member over mutual TLS takes a workload, saves a snapshot, restarts and stops`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    await using dir = await tempDir('peer');
    const tls = await createPki(join(dir.path, 'pki'));
    await using server = await startEtcd({ peer, dataDir: join(dir.path, 'data'), tls });
    await server.ready();

    const outcome = await runWorkload({ clientUrl: server.clientUrl, tls, size: 'small' });
    t.diagnostic(`workload seed ${outcome.seed}`);
    assert.deepEqual(sorted(await readStore(server)), sorted(outcome.keys));
    assert.ok(
      outcome.compactRevision > 0n && outcome.leases.size > 0,
      'the workload compacts and grants leases',
    );

    const snapshot = join(dir.path, 'snapshot.db');
    await etcdctl(server, ['snapshot', 'save', snapshot]);
    const status = JSON.parse(await etcdutl(peer, ['snapshot', 'status', snapshot, '-w', 'json'])) as {
      readonly revision: number;
    };
    assert.equal(BigInt(status.revision), outcome.revision);

    await server.kill();
    await using again = await server.restart();
    await again.ready();
    assert.deepEqual(sorted(await readStore(again)), sorted(outcome.keys));
    await again.stop();
    assert.notEqual(again.ended, undefined);
    assert.throws(() => process.kill(again.pid, 0), { code: 'ESRCH' });
  });
}

test('a client without a certificate is turned away', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('peer');
  const tls = await createPki(join(dir.path, 'pki'));
  await using server = await startEtcd({ peer, dataDir: join(dir.path, 'data'), tls });
  await server.ready();
  const result = await runEtcdctl({ ...server, tls: undefined }, [
    `--cacert=${tls.caFile}`,
    '--command-timeout=2s',
    'get',
    'key',
  ]);
  assert.notEqual(result.exitCode, 0);
});

test('three members form a cluster over mutual TLS and survive the loss of one', async (t) => {
  const peer = await requirePeer(t, '3.7');
  if (peer === undefined) return;
  await using dir = await tempDir('peer');
  const tls = await createPki(join(dir.path, 'pki'));
  await using cluster = await startCluster({ peer, size: 3, directory: dir.path, tls });
  const [first, second, third] = cluster.members;
  const listed = (await etcdctlJson(first!, ['member', 'list'])) as JsonObject;
  assert.equal((listed['members'] as unknown as unknown[]).length, 3);

  const value = randomUUID();
  await etcdctl(first!, ['put', 'key', value]);
  assert.equal((await etcdctl(second!, ['get', 'key', '--print-value-only'])).trim(), value);
  await third!.kill();
  await first!.ready();
  await etcdctl(second!, ['put', 'key', 'without the third']);
  assert.equal((await etcdctl(first!, ['get', 'key', '--print-value-only'])).trim(), 'without the third');
});

test('a member that cannot start says why, with its log', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('peer');
  await assert.rejects(
    startEtcd({ peer, dataDir: join(dir.path, 'data'), extraArgs: ['--no-such-flag'] }),
    /etcd ended with exit status \d+ before its ports were open[^]*no-such-flag/,
  );
});

test('a member does not mistake a stranger on its ports for itself', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('peer');
  await using first = await startEtcd({ peer, dataDir: join(dir.path, 'first') });
  const onTakenPorts = startEtcd({ peer, dataDir: join(dir.path, 'second'), ports: first.ports });
  await assert.rejects(onTakenPorts, /address already in use/);
});

async function versionTexts(peer: Peer): Promise<[string, string][]> {
  const env = { ETCDCTL_API: '3' };
  const run = async (file: string, args: string[]): Promise<[string, string]> => {
    await access(file);
    assert.notEqual((await stat(file)).mode & 0o100, 0, `${file} can be executed`);
    return [file, (await mustRun(file, args, { timeoutMs: 60_000, env })).stdout];
  };
  const texts = [run(peer.etcd, ['--version']), run(peer.etcdctl, ['version'])];
  if (peer.etcdutl !== undefined) texts.push(run(peer.etcdutl, ['version']));
  return Promise.all(texts);
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([left], [right]) => (left < right ? -1 : 1));
}
