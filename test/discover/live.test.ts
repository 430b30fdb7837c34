/** Discovery against an etcd that runs as a static pod, and the commands that find it by themselves. */
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { operationContext } from '../../src/base/index.ts';
import { openLocalHost } from '../../src/hosts/index.ts';
import { discover } from '../../src/operations/discover/index.ts';
import { ledgerPath, readLedger } from '../../src/operations/ledger/index.ts';
import { snapshotStatus } from '../../src/operations/status/index.ts';
import { requirePeer } from '../peers/index.ts';
import { type ControlPlane, makeControlPlane } from '../support/control-plane/index.ts';
import { type CliRunOptions, patience, runHoldfast } from '../support/run-cli.ts';
import { runCommand } from '../support/run-command.ts';
import { tempDir } from '../support/temp-dir.ts';

suite('an etcd that runs', () => {
  test('is found by discovery and by commands without endpoints', async (t) => {
    const peer = await requirePeer(t, '3.6');
    if (peer === undefined) return;
    await using dir = await tempDir('discover');
    const root = join(dir.path, 'host');
    // A name of its own: hosts of other tests, whose processes show here too, are called cp1 and on.
    const nodeName = 'discovered';
    await using plane = await makeControlPlane({ root, peer, nodeName, startOnly: true });
    await plane.etcdReady();
    await t.test('it says what it is, and which process', () => saysWhatItIs(plane));
    await t.test('get and put dial it and say so', () => getAndPut(plane));
    await t.test('what is given wins over what is found', () => givenWins(plane));
    await t.test('snapshot save saves it', async () => {
      const file = join(dir.path, 'found.db');
      const run = await onHost(['snapshot', 'save', file], root);
      assert.equal(run.exitCode, 0, run.stderr);
      assert.match(run.stderr, usingLine(plane));
      assert.equal((await runHoldfast(['snapshot', 'verify', file])).exitCode, 0);
    });
    await t.test('each save is noted in the ledger, and none fails for it', async () => {
      const noted = async () => (await readLedger(openLocalHost({ root }), plane.hostPaths.dataDir))!;
      const revision = (path: string) => snapshotStatus({ path }, operationContext());
      const first = await noted();
      assert.equal(first.highWater, (await revision(join(dir.path, 'found.db'))).revision);
      const { source, memberIds } = first.entries.at(-1)!;
      assert.deepEqual([source, memberIds?.length], ['save', 1]);
      const ledger = ledgerPath(join(root, plane.hostPaths.dataDir));
      await writeFile(ledger, 'no ledger');
      const run = await onHost(['snapshot', 'save', join(dir.path, 'again.db')], root);
      assert.equal(run.exitCode, 0, run.stderr);
      assert.match(run.stderr, /warn\tthe ledger of revisions beside the data dir was not written/);
      assert.equal(await readFile(ledger, 'utf8'), 'no ledger');
    });
    await t.test('the lines for a shell work with etcdctl itself', async () => {
      for (const [format, script] of [
        ['env', 'eval "$1"; exec "$2" endpoint health'],
        ['command', 'set -f; PATH="${2%/*}:$PATH"; eval "$1 endpoint health"'],
      ] as const) {
        const { stdout } = await onHost(['discover', '-w', format], root);
        const run = await runCommand('/bin/sh', ['-ec', script, 'sh', stdout.trimEnd(), peer.etcdctl], {
          timeoutMs: 60_000,
          env: { ETCDCTL_DIAL_TIMEOUT: '20s', ETCDCTL_COMMAND_TIMEOUT: '50s' },
        });
        assert.equal(run.exitCode, 0, `${format}: ${run.stderr}`);
        assert.match(run.stdout + run.stderr, /is healthy/);
      }
    });
    await plane.runner.stop();
    await t.test('when it does not run, the files still tell, and silence is no failure', () =>
      silent(plane),
    );
  });
});

/** Runs a command on the host: it looks for an etcd there. */
function onHost(argv: readonly string[], root: string, env: CliRunOptions['env'] = {}) {
  return runHoldfast(argv, { root, env: { ...patience, ...env } });
}

function usingLine(plane: ControlPlane): RegExp {
  return new RegExp(
    `Using https://127\\.0\\.0\\.1:${plane.ports.etcdClient} from /etc/kubernetes/manifests/etcd\\.yaml ` +
      'with the client certificate /etc/kubernetes/pki/etcd/healthcheck-client\\.crt\\.\\n',
  );
}

async function saysWhatItIs(plane: ControlPlane): Promise<void> {
  const limits = { dialTimeoutMs: 20_000, commandTimeoutMs: 60_000 };
  const found = await discover({ root: plane.root, ...limits }, operationContext());
  assert.equal(found.layout, 'static-pod');
  assert.equal(found.manifestsDir, plane.hostPaths.manifestsDir);
  assert.equal(found.etcd?.dataDir, plane.hostPaths.dataDir);
  const [etcd] = (await plane.runner.running()).filter(({ container }) => container === 'etcd');
  assert.equal(found.etcd.pid, etcd?.pid);
  const { live } = found;
  assert.equal(live?.error, undefined);
  assert.equal(live?.version, plane.peer.version);
  assert.equal(live.healthy, true);
  assert.deepEqual(
    live.members.map(({ name, isSelf, peerUrls }) => ({ name, isSelf, peerUrls })),
    [{ name: plane.nodeName, isSelf: true, peerUrls: found.etcd.initialAdvertisePeerUrls }],
  );
  const offline = await discover({ root: plane.root, offline: true }, operationContext());
  assert.equal(offline.live, undefined);
}

async function getAndPut(plane: ControlPlane): Promise<void> {
  const put = await runHoldfast(['put', 'a', 'b', '--root', plane.root], { env: patience });
  assert.equal(put.exitCode, 0, put.stderr);
  assert.equal(put.stdout, 'OK\n');
  assert.match(put.stderr, usingLine(plane));
  const get = await onHost(['get', 'a', '--quiet'], plane.root);
  assert.equal(get.stdout, 'a\nb\n');
  assert.equal(get.stderr, '');
  for (const words of ['member list', 'endpoint health', 'endpoint status', 'alarm list', 'lease list'])
    assert.equal((await onHost(words.split(' '), plane.root)).exitCode, 0, words);
}

async function givenWins(plane: ControlPlane): Promise<void> {
  const { caFile } = plane.pki;
  const other = await onHost(['get', 'a', `--cacert=${caFile}`], plane.root);
  assert.equal(other.exitCode, 5, 'the authority of the API server signed no certificate of etcd');
  const env = { ETCDCTL_ENDPOINTS: 'http://127.0.0.1:1' };
  const elsewhere = await onHost(['get', 'a'], plane.root, env);
  assert.equal(elsewhere.exitCode, 5);
  assert.doesNotMatch(elsewhere.stderr, /Using/);
  const { certFile, keyFile } = plane.pki.etcdServer;
  const server = await onHost(['get', 'a', `--cert=${certFile}`, `--key=${keyFile}`], plane.root);
  assert.equal(server.exitCode, 0, server.stderr);
  assert.doesNotMatch(server.stderr, /client certificate/);
}

async function silent(plane: ControlPlane): Promise<void> {
  const found = await discover({ root: plane.root, dialTimeoutMs: 500 }, operationContext());
  assert.equal(found.live?.healthy, false);
  assert.notEqual(found.live.error, undefined);
  assert.equal(found.etcd?.dataDir, plane.hostPaths.dataDir);
  await rm(join(plane.root, 'etc/kubernetes/pki/etcd/healthcheck-client.key'));
  const next = await discover({ root: plane.root, offline: true }, operationContext());
  assert.equal(next.etcd?.certFile, '/etc/kubernetes/pki/apiserver-etcd-client.crt');
  assert.match(next.evidence['etcd.certFile']?.where ?? '', /its key cannot be read/);
}
