/** What `discover` prints, and what commands without endpoints say. */
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openHostFixture } from '../support/host-fixture.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { runCommand } from '../support/run-command.ts';

const pki = '/etc/kubernetes/pki/etcd';

test('-w json is one document with host paths, each fact beside its evidence', async () => {
  await using fixture = await openHostFixture('kubeadm-default');
  const run = await runHoldfast(['discover', '--offline', '-w', 'json', '--root', fixture.root]);
  assert.equal(run.exitCode, 0, run.stderr);
  assert.equal(run.stderr, '');
  const found = JSON.parse(run.stdout) as {
    manifestsDir: string;
    etcd: Record<string, unknown>;
    evidence: Record<string, { where: string; file?: string; line?: number }>;
    certificates: { notAfter: string; isChosen: boolean }[];
  };
  assert.equal(found.manifestsDir, '/etc/kubernetes/manifests');
  assert.equal(found.etcd['manifest'], '/etc/kubernetes/manifests/etcd.yaml');
  assert.deepEqual(found.etcd['endpoints'], ['https://127.0.0.1:2379']);
  assert.equal(found.etcd['caFile'], `${pki}/ca.crt`);
  assert.equal(found.etcd['certFile'], `${pki}/healthcheck-client.crt`);
  assert.equal(found.etcd['keyFile'], `${pki}/healthcheck-client.key`);
  assert.equal(found.etcd['dataDir'], '/var/lib/etcd');
  for (const fact of [
    'manifestsDir',
    ...['manifest', 'endpoints', 'caFile', 'dataDir'].map((f) => `etcd.${f}`),
  ])
    assert.notEqual(found.evidence[fact]?.where, undefined, fact);
  assert.equal(found.evidence['etcd.dataDir']?.file, '/etc/kubernetes/manifests/etcd.yaml');
  assert.match(found.certificates[0]!.notAfter, /^\d{4}-\d\d-\d\dT/);
});

test('simple and table are facts with value and how we know, and what is amiss below', async () => {
  await using fixture = await openHostFixture('kubeadm-default');
  await rm(join(fixture.root, pki, 'healthcheck-client.key'));
  const simple = await runHoldfast(['discover', '--offline'], { root: fixture.root });
  const lines = simple.stdout.split('\n');
  assert.match(lines[0]!, /^fact +value +how we know$/);
  assert.ok(
    lines.some((line) =>
      /^data dir +\/var\/lib\/etcd +--data-dir in etcd\.yaml, .*etcd\.yaml:\d+$/.test(line),
    ),
  );
  assert.ok(
    lines.some((line) => /^client certificate +\S+apiserver-etcd-client\.crt +the API server's/.test(line)),
  );
  assert.match(simple.stdout, /\n\nwarn {2}.*healthcheck-client\.key does not exist\n/);
  const table = await runHoldfast(['discover', '--offline', '-w', 'table'], { root: fixture.root });
  assert.match(table.stdout, /│ data dir +│ \/var\/lib\/etcd +│/);
  const fields = await runHoldfast(['discover', '--offline', '-w', 'fields'], { root: fixture.root });
  assert.match(fields.stdout, /^"data dir" : "\/var\/lib\/etcd"$/m);
});

test('on a terminal a report fits: what is too long goes on below its column', async () => {
  await using fixture = await openHostFixture('kubeadm-default');
  const shown = async (columns: number, ...more: string[]) => {
    const words = ['discover', '--offline', ...more];
    return (await runHoldfast(words, { root: fixture.root, isTerminal: true, columns })).stdout.split('\n');
  };
  const piped = (await runHoldfast(['discover', '--offline'], { root: fixture.root })).stdout.split('\n');
  assert.ok(Math.max(...piped.map((line) => line.length)) > 110, 'a pipe has a line for each fact');
  const folded = await shown(90);
  assert.ok(folded.length > piped.length);
  for (const line of folded) assert.ok(line.length <= 90, line);
  const at = folded.findIndex((line) => line.startsWith('data dir'));
  assert.match(folded[at + 1]!, /^ {21}\S.*\/etc\/kubernetes\/manifests\/etcd\.yaml:\d+$/);
  const json = await shown(90, '-w', 'json');
  assert.equal(json.length, 2, 'a document stays one line');
});

test('-w env and -w command survive a shell, whatever the path is', async () => {
  await using fixture = await openHostFixture('kubeadm-default');
  const root = join(fixture.root, '..', "it's $HOME", 'root');
  await runCommand('/bin/sh', ['-ec', 'mkdir "${2%/root}"; cp -a "$1" "$2"', 'sh', fixture.root, root], {
    timeoutMs: 60_000,
  });
  const env = await runHoldfast(['discover', '-w', 'env'], { root });
  const script = 'eval "$1"; exec /usr/bin/env';
  const { stdout } = await runCommand('/bin/sh', ['-ec', script, 'sh', env.stdout], { timeoutMs: 60_000 });
  for (const line of [
    'ETCDCTL_API=3',
    'ETCDCTL_ENDPOINTS=https://127.0.0.1:2379',
    `ETCDCTL_CACERT=${root}${pki}/ca.crt`,
    `ETCDCTL_CERT=${root}${pki}/healthcheck-client.crt`,
    `ETCDCTL_KEY=${root}${pki}/healthcheck-client.key`,
  ])
    assert.ok(stdout.split('\n').includes(line), line);
  const command = await runHoldfast(['discover', '-w', 'command'], { root });
  const words = await runCommand(
    '/bin/sh',
    ['-ec', 'eval "set -- $1"; printf "%s\\n" "$@"', 'sh', command.stdout],
    {
      timeoutMs: 60_000,
    },
  );
  assert.deepEqual(words.stdout.trimEnd().split('\n'), [
    'etcdctl',
    '--endpoints=https://127.0.0.1:2379',
    `--cacert=${root}${pki}/ca.crt`,
    `--cert=${root}${pki}/healthcheck-client.crt`,
    `--key=${root}${pki}/healthcheck-client.key`,
  ]);
});

test('no etcd and two of them are refusals with status 4', async () => {
  await using none = await openHostFixture('none');
  const nothing = await runHoldfast(['discover'], { root: none.root });
  assert.equal(nothing.exitCode, 4);
  assert.match(nothing.stderr, /^Error: no etcd was found on this host: .*\nhint: /);
  await using two = await openHostFixture('two-etcd-manifests');
  for (const words of ['discover', 'get a', 'snapshot save x.db']) {
    const run = await runHoldfast(words.split(' '), { root: two.root });
    assert.equal(run.exitCode, 4, words);
    assert.match(run.stderr, /etcd\.yaml, \S+etcd\.yaml\.bak\nhint: Move the stray one/);
  }
});

test('a command without endpoints says where it looked and falls back to the default of etcdctl', async () => {
  const run = await runHoldfast(['get', 'a', '--debug', '--dial-timeout=300ms', '--command-timeout=600ms']);
  assert.match(run.stderr, /^No etcd was found on this host: .*; trying 127\.0\.0\.1:2379\.$/m);
  const quiet = await runHoldfast(['get', 'a', '--quiet', '--dial-timeout=300ms', '--command-timeout=600ms']);
  assert.doesNotMatch(quiet.stderr, /No etcd was found/);
});

test('all endpoints of an external etcd are used, and a missing certificate is told as what it is', async () => {
  await using fixture = await openHostFixture('external-etcd');
  // Ports of this machine that nobody listens on, in place of addresses elsewhere.
  const manifest = join(fixture.root, 'etc/kubernetes/manifests/kube-apiserver.yaml');
  const text = await readFile(manifest, 'utf8');
  await writeFile(manifest, text.replaceAll(/10\.0\.1\.(\d):2379/g, '127.0.0.1:$1'));
  const short = ['--dial-timeout=300ms', '--command-timeout=600ms'];
  const run = await runHoldfast(['endpoint', 'health', ...short], { root: fixture.root });
  assert.equal(run.exitCode, 5);
  assert.match(run.stderr, /^Using https:\/\/127\.0\.0\.1:1,.* from \S+kube-apiserver\.yaml with the client/);
  for (const port of [1, 2, 3]) assert.match(run.stderr, new RegExp(`https://127\\.0\\.0\\.1:${port} is`));
  await rm(join(fixture.root, 'etc/etcd-client/ca.crt'));
  const missing = await runHoldfast(['get', 'a', ...short], { root: fixture.root });
  assert.match(
    missing.stderr,
    /etcd-client\/ca\.crt: no such file .*found on this host\)\nhint: Run as root/,
  );
});
