/** Discovery and saves on other hosts, over ssh. sshd and etcd are real; the kubelet and the API server are stand-ins. */
import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readFileContent } from '../support/live-keys.ts';
import { openThreeHosts, type ThreeHosts } from './three-hosts.ts';

const minuteMs = 60_000;
/** The limits for people are short for a machine with three hosts on it. They reach the program on the host. */
const dialPatiently = '--dial-timeout=20s';
const askPatiently = [dialPatiently, '--command-timeout=60s'];

test('other hosts are asked over ssh', { timeout: 10 * minuteMs }, async (t) => {
  await using hosts = await openThreeHosts(t, '3.5');
  if (hosts === undefined) return;
  await t.test('a snapshot of the etcd of a host', () => savesFromHost(hosts));
  await t.test('a stream that breaks leaves nothing', () => savesNothingOfABrokenStream(hosts));
  await t.test('all hosts are discovered', () => discoversAll(hosts));
  await t.test('one that cannot be reached is told of beside the others', () => discoversTheRest(hosts));
});

async function savesFromHost(hosts: ThreeHosts): Promise<void> {
  const path = join(hosts.directory, 'from-cp2.db');
  // A read that waits for the leader: this member has what was written before.
  await hosts.lab.ready(['cp2']);
  const saved = await hosts.run([
    ...['snapshot', 'save', path, '--host', 'cp2', '-w', 'json', dialPatiently],
    `--ssh-config=${hosts.lab.ssh.configFile}`,
  ]);
  assert.equal(saved.exitCode, 0, saved.stderr);
  const document = JSON.parse(saved.stdout) as Record<string, unknown>;
  const { size, mode } = await stat(path);
  assert.deepEqual([document['path'], document['sizeBytes'], mode & 0o777], [path, size, 0o600]);
  assert.equal(document['endpoint'], 'https://127.0.0.1:2379');
  const checked = await hosts.run(['snapshot', 'verify', path]);
  assert.equal(checked.exitCode, 0, checked.stdout);
  const keys = new Set(readFileContent(path).keys.keys());
  assert.ok(
    keys.has(Buffer.from('/straight/2').toString('base64')),
    'what was written before the save is in it',
  );
  const again = await hosts.run(['snapshot', 'save', path, '--host', 'cp2']);
  assert.equal(again.exitCode, 4, 'the file is there');
  const piped = await hosts.run(['snapshot', 'save', '-', '--host', 'cp1', dialPatiently]);
  assert.equal(piped.exitCode, 0, piped.stderr);
  assert.equal(piped.stdoutBytes.length % 512, 32);
  const both = await hosts.run(['snapshot', 'save', path, '--host', 'cp2', '--endpoints=cp2:2379']);
  assert.equal(both.exitCode, 2, both.stderr);
}

async function savesNothingOfABrokenStream(hosts: ThreeHosts): Promise<void> {
  const path = join(hosts.directory, 'broken.db');
  const host = hosts.lab.host('cp3');
  const etcd = (await host.processes()).find(({ argv }) => argv[0] === 'etcd')!;
  process.kill(etcd.pid, 'SIGSTOP');
  try {
    const failed = await hosts.run(['snapshot', 'save', path, '--host', 'cp3', '--stall-timeout=2s']);
    assert.equal(failed.exitCode, 5, failed.stderr);
    assert.match(failed.stderr, /^Error: cp3: /m);
  } finally {
    process.kill(etcd.pid, 'SIGCONT');
  }
  const names = (await readdir(hosts.directory)).filter((name) => name.startsWith('broken'));
  assert.deepEqual(names, []);
  await hosts.lab.ready();
}

async function discoversAll(hosts: ThreeHosts): Promise<void> {
  const found = await hosts.run(['discover', '--hosts', 'cp1,cp2,cp3', '-w', 'json', ...askPatiently]);
  assert.equal(found.exitCode, 0, found.stderr);
  const document = JSON.parse(found.stdout) as {
    host: string;
    discovery: { etcd: { name: string; dataDir: string }; live: { healthy: boolean } };
  }[];
  assert.deepEqual(
    document.map(({ host, discovery: { etcd, live } }) => [host, etcd.name, etcd.dataDir, live.healthy]),
    hosts.names.map((name) => [name, name, '/var/lib/etcd', true]),
  );
  const table = await hosts.run(['discover', '--hosts', 'cp1,cp2,cp3', ...askPatiently]);
  assert.match(table.stdout, /^cp2 +static-pod +cp2 +3\.5\.\d+ +yes +\/var\/lib\/etcd +https:/m);
}

async function discoversTheRest(hosts: ThreeHosts): Promise<void> {
  const host = hosts.lab.host('cp1');
  await host.unreachable();
  try {
    const found = await hosts.run(['discover', '--hosts', 'cp1,cp2', '--offline']);
    assert.equal(found.exitCode, 5, found.stderr);
    assert.match(found.stdout, /^cp1 +no connection to cp1: .*timed out/m);
    assert.match(found.stdout, /^cp2 +static-pod +cp2 /m);
  } finally {
    await host.reachable();
  }
}
