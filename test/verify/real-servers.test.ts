import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext } from '../../src/base/index.ts';
import { verifySnapshot } from '../../src/operations/verify/index.ts';
import { type Peer, peerLines, requirePeer } from '../peers/index.ts';
import { etcdctl, etcdctlJson, etcdutl, runEtcdctl } from '../support/etcdctl.ts';
import { choosePorts, type EtcdServer, memberUrls, startEtcd } from '../support/etcd-server.ts';
import { JsonGateway } from '../support/json-gateway.ts';
import { int64, type JsonObject } from '../support/lossless-json.ts';
import { tempDir } from '../support/temp-dir.ts';
import { eventually } from '../support/waiting.ts';

/** What verify finds in a file, as `check severity code`. */
async function findingsOf(path: string, skipDigest = false): Promise<string[]> {
  const { checks } = await verifySnapshot({ path, skipDigest }, operationContext());
  return checks.flatMap(({ name, findings }) =>
    findings.map(({ severity, code }) => `${name} ${severity} ${code}`),
  );
}

/** Notes that every file of a release line gets. */
const notesOfLine: Readonly<Record<string, readonly string[]>> = {
  '3.4': ['versions ok origin-3.4'],
  '3.5': [],
  '3.6': [],
  '3.7': ['versions ok version-needed'],
};

async function assertFindings(path: string, line: string, expected: readonly string[], skipDigest = false) {
  const wanted = [...notesOfLine[line]!, ...expected].sort();
  assert.deepEqual((await findingsOf(path, skipDigest)).sort(), wanted);
}

/** Puts until the cluster's version is settled: the storage version is written some seconds after the start. */
async function startSettled(peer: Peer, directory: string, name = 'm1'): Promise<EtcdServer> {
  await using starting = new AsyncDisposableStack();
  const server = starting.use(await startEtcd({ peer, dataDir: join(directory, name), name }));
  await server.ready();
  for (const value of ['1', '2', '3']) await etcdctl(server, ['put', 'key', value]);
  await etcdctl(server, ['put', 'other', 'x']);
  await etcdctl(server, ['del', 'other']);
  starting.move();
  return server;
}

async function save(server: EtcdServer, path: string, flags: readonly string[] = []): Promise<string> {
  await etcdctl(server, [...flags, 'snapshot', 'save', path]);
  return path;
}

/** Saves again and again, until the findings say that the server is done with what it does by itself. */
async function saveWhen(
  server: EtcdServer,
  path: string,
  isSettled: (findings: readonly string[]) => boolean,
): Promise<string> {
  return await eventually(60_000, 'the server has settled', async () => {
    await save(server, path);
    const found = await findingsOf(path);
    if (isSettled(found)) return path;
    throw new Error(found.join(', '));
  });
}

/** A snapshot that has its storage version, where the release has one. */
function saveSettled(server: EtcdServer, path: string): Promise<string> {
  return saveWhen(
    server,
    path,
    (found) => !found.some((finding) => /storage-version-missing|version-change/.test(finding)),
  );
}

for (const line of peerLines) {
  test(`etcd ${line}: alarms, users and roles are found`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    await using dir = await tempDir('verify');
    await using server = await startSettled(peer, dir.path);
    await assertFindings(await saveSettled(server, join(dir.path, 'plain.db')), line, []);

    const members = (await etcdctlJson(server, ['member', 'list'])) as unknown as { members: JsonObject[] };
    const memberID = int64(members.members[0]!['ID']).toString();
    {
      using gateway = new JsonGateway(server.clientUrl, undefined);
      await gateway.call('maintenance/alarm', { action: 'ACTIVATE', memberID, alarm: 'NOSPACE' });
    }
    await assertFindings(await save(server, join(dir.path, 'alarm.db')), line, ['alarms warn alarm-nospace']);
    await etcdctl(server, ['alarm', 'disarm']);

    await etcdctl(server, ['role', 'add', 'reader']);
    await etcdctl(server, ['role', 'grant-permission', 'reader', 'read', 'a', 'b']);
    await etcdctl(server, ['user', 'add', 'alice:secret']);
    await etcdctl(server, ['user', 'grant-role', 'alice', 'reader']);
    await etcdctl(server, ['user', 'add', 'root:secret']);
    // Some releases make this role by themselves.
    await runEtcdctl(server, ['role', 'add', 'root']);
    await etcdctl(server, ['user', 'grant-role', 'root', 'root']);
    await etcdctl(server, ['auth', 'enable']);
    const path = await save(server, join(dir.path, 'auth.db'), ['--user=root:secret']);
    await assertFindings(path, line, ['auth ok auth-on']);
  });

  test(`etcd ${line}: learners, promoted members and members that never started`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    await using dir = await tempDir('verify');
    await using server = await startSettled(peer, dir.path);
    const ports = await choosePorts();
    const { peer: peerUrl } = memberUrls(ports, undefined);
    const added = await etcdctl(server, ['member', 'add', 'm2', '--learner', `--peer-urls=${peerUrl}`]);
    const id = /Member +([0-9a-f]+)/.exec(added)![1]!;
    const learnerFindings = {
      '3.4': ['members warn member-never-started'],
      '3.5': ['members ok member-learner', 'members ok member-without-name'],
      '3.6': ['members ok member-learner', 'members warn member-never-started'],
      '3.7': ['members ok member-learner', 'members warn member-never-started'],
    };
    await assertFindings(
      await saveSettled(server, join(dir.path, 'learner.db')),
      line,
      learnerFindings[line],
    );

    await using second = await startEtcd({
      peer,
      dataDir: join(dir.path, 'm2'),
      name: 'm2',
      ports,
      initialCluster: /ETCD_INITIAL_CLUSTER="([^"]*)"/.exec(added)![1]!,
      initialClusterState: 'existing',
    });
    await eventually(60_000, 'the learner can be promoted', async () => {
      const { exitCode, stderr } = await runEtcdctl(server, ['member', 'promote', id]);
      // An attempt that was not answered in time may have been heard all the same.
      const isNoLearner = stderr.includes('can only promote a learner') && !stderr.includes('in sync');
      if (exitCode === 0 || isNoLearner) return true;
      throw new Error(stderr);
    });
    await second.ready();
    // A release of 3.5 before 3.5.20 forgets the promotion in its database.
    const patch = Number(peer.version.split('.')[2]);
    const lost = patch < 20 ? ['members warn learner-promotion-lost'] : [];
    const promotedFindings = { '3.4': [], '3.5': lost, '3.6': [], '3.7': [] };
    // The member tells its name a moment after it can be read from.
    const path = await saveWhen(
      server,
      join(dir.path, 'promoted.db'),
      (findings) => !findings.includes('members warn member-never-started'),
    );
    // Whether 3.5 keeps the name depends on its patch release.
    const found = (await findingsOf(path)).filter((finding) => finding !== 'members ok member-without-name');
    assert.deepEqual(found, [...promotedFindings[line], ...notesOfLine[line]!]);
  });

  test(`etcd ${line}: a restore before and after its first start`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    await using dir = await tempDir('verify');
    await using source = await startSettled(peer, dir.path);
    const saved = await saveSettled(source, join(dir.path, 'source.db'));
    await source.stop();
    const dataDir = join(dir.path, 'restored');
    const { peerUrl, ports } = source;
    // 3.4.23 has no such flags yet.
    const raises = line === '3.4' ? [] : ['--bump-revision=1000', '--mark-compacted'];
    const identity = [
      '--name=m1',
      `--initial-cluster=m1=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
    ];
    const place = [`--data-dir=${dataDir}`, '--initial-cluster-token=restored'];
    await etcdutl(peer, ['snapshot', 'restore', saved, ...identity, ...place, ...raises]);
    const older = 'members ok configuration-older';
    const raised = ['revisions ok revision-bump'];
    const before = {
      '3.4': [],
      '3.5': [older, ...raised, 'compaction ok compaction-at-start'],
      '3.6': [older, ...raised, 'compaction ok compaction-at-start'],
      '3.7': [older, ...raised, 'compaction ok compaction-at-start'],
    };
    const database = join(dataDir, 'member', 'snap', 'db');
    await assertFindings(database, line, ['digest warn digest-skipped', ...before[line]], true);

    await using server = await startEtcd({
      peer,
      dataDir,
      name: 'm1',
      ports,
      initialClusterToken: 'restored',
    });
    await server.ready();
    await etcdctl(server, ['put', 'key', 'after']);
    const after = {
      // 3.4 leaves the member of the old cluster in place: from 3.6 on it would count.
      '3.4': ['members warn member-duplicate'],
      '3.5': [older, ...raised],
      '3.6': [older, ...raised],
      '3.7': [older, ...raised],
    };
    // Told about itself, and compacted, a moment after it can be read from.
    const path = await saveWhen(
      server,
      join(dir.path, 'after.db'),
      (found) =>
        (line !== '3.4' || found.includes('members warn member-duplicate')) &&
        !found.some((finding) => /^compaction|storage-version-missing|version-change/.test(finding)),
    );
    await assertFindings(path, line, after[line]);
  });
}
