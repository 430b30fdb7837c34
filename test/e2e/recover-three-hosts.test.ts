/**
 * Three control-plane nodes brought back with one command, from a bastion and from one of them, over ssh. sshd and etcd
 * are real; the kubelet and the API server are stand-ins.
 */
import assert from 'node:assert/strict';
import { copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { utf8 } from '../../src/base/index.ts';
import { writeMore } from './recover-sandbox.ts';
import { openThreeHosts, type ThreeHosts } from './three-hosts.ts';
import { countEvents, isAsBefore, isRecovered, pendingFiles, readState } from './three-hosts-state.ts';

const all = 'cp1,cp2,cp3';
const minuteMs = 60_000;

test('three hosts come back', { timeout: 10 * minuteMs }, async (t) => {
  await using hosts = await openThreeHosts(t, '3.5');
  if (hosts === undefined) return;
  await t.test('one of three is refused', () => refusesOne(hosts));
  await t.test('from the bastion', (inner) => fromBastion(inner, hosts));
  await t.test('from one of them, with an inventory', (inner) => fromHost(inner, hosts));
  await t.test('the coordinator is killed, and the rest is done by --resume', () => resumes(hosts));
  await t.test('the coordinator is killed, and all is undone by --rollback', () => rollsBack(hosts));
});

async function refusesOne(hosts: ThreeHosts): Promise<void> {
  const before = await readState(hosts);
  const events = await countEvents(hosts);
  const refused = await hosts.run(['recover', hosts.snapshotPath, '--hosts', 'cp2', '--yes']);
  assert.equal(refused.exitCode, 4, refused.stderr);
  assert.match(refused.stderr, /members that no named host stands for: .*10\.88\.0\.11.*10\.88\.0\.13/);
  assert.deepEqual(await countEvents(hosts), events);
  await isAsBefore(hosts, before);
}

async function fromBastion(t: TestContext, hosts: ThreeHosts): Promise<void> {
  const before = await readState(hosts);
  const log = join(hosts.directory, 'first.txt');
  const done = await hosts.run([
    ...['recover', hosts.snapshotPath, '--hosts', all, '--yes', '--wait-timeout=60s'],
    `--log-file=${log}`,
  ]);
  assert.equal(done.exitCode, 0, `${done.stdout}\n${done.stderr}`);
  t.diagnostic(`${(done.tookMs / 1000).toFixed(1)} s: ${/Recovered in [^ ]+ s/.exec(done.stdout)?.[0]}`);
  const id = await isRecovered(hosts, before);
  for (const name of hosts.names)
    assert.ok(done.stdout.includes(`The old data is kept on ${name} at /var/lib/etcd.before-${id}.`));
  const record = await readFile(log, 'utf8');
  assert.deepEqual(hostsOf(record, 'placed holdfast'), ['cp1', 'cp3']);
  assert.deepEqual(hostsOf(record, 'holdfast is there already'), ['cp2'], 'placed when it was refused');
  assert.deepEqual(hostsOf(record, 'sent the snapshot'), ['cp1', 'cp2', 'cp3'], 'once to each');
  await goesOn(hosts);
}

/** Names of the hosts that a message of the record is about. */
function hostsOf(record: string, message: string): string[] {
  const lines = record.split('\n').filter((line) => line.includes(`\t${message}\t`));
  return lines.map((line) => /"host": "(\w+)"/.exec(line)?.[1] ?? line).sort();
}

/** The cluster takes writes at every member, and the others see them. */
async function goesOn({ lab, names }: ThreeHosts): Promise<void> {
  for (const [index, name] of names.entries()) {
    await using etcd = lab.controlPlane(name).openEtcd();
    const key = utf8('/after/recovery');
    await etcd.kv.put({ key, value: utf8(name) });
    await using other = lab.controlPlane(names[(index + 1) % names.length]!).openEtcd();
    const { kvs } = await other.kv.range({ key });
    assert.equal(Buffer.from(kvs[0]!.value).toString(), name);
  }
}

async function fromHost(t: TestContext, hosts: ThreeHosts): Promise<void> {
  const { lab, snapshotPath } = hosts;
  await writeMore(lab.controlPlane('cp2'), '3');
  const before = await readState(hosts);
  await copyFile(snapshotPath, hosts.path('cp1', 'root/snapshot.db'));
  await writeFile(hosts.path('cp1', 'root/inventory'), '# control plane\ncp1\ncp2\n\ncp3 # the last\n');
  const program = '/var/lib/holdfast/bin/holdfast';
  const placed = await stat(hosts.path('cp1', program));
  const done = await lab
    .host('cp1')
    .run([program, 'recover', '/root/snapshot.db', '--inventory=/root/inventory', '--yes', '-w', 'json'], {
      timeoutMs: 2 * minuteMs,
    });
  assert.equal(done.exitCode, 0, done.stderr);
  t.diagnostic(`${(done.tookMs / 1000).toFixed(1)} s from one of the hosts`);
  const document = JSON.parse(done.stdout) as { outcome: string; hosts: { host: string }[] };
  assert.equal(document.outcome, 'committed');
  assert.deepEqual(
    document.hosts.map(({ host }) => host),
    hosts.names,
  );
  await isRecovered(hosts, before);
  assert.equal(
    (await stat(hosts.path('cp1', program))).ino,
    placed.ino,
    'the program that runs is the one placed',
  );
}

/** Killed when the restored etcd runs and the API server does not yet. */
async function killHalfway(hosts: ThreeHosts): Promise<void> {
  const recover = hosts.start([
    ...['recover', hosts.snapshotPath, '--hosts', all, '--yes', '--wait-timeout=60s'],
  ]);
  await recover.printed('give etcd back to the kubelet');
  recover.kill('SIGKILL');
  assert.equal((await recover.ended).signal, 'SIGKILL');
  for (const name of hosts.names)
    assert.ok((await pendingFiles(hosts, name)).includes('journal.jsonl'), `${name} has a journal`);
}

async function resumes(hosts: ThreeHosts): Promise<void> {
  await writeMore(hosts.lab.controlPlane('cp3'), '4');
  const before = await readState(hosts);
  await killHalfway(hosts);
  const told = await hosts.lab.host('cp2').run(['/var/lib/holdfast/bin/holdfast', 'version']);
  assert.match(told.stderr, /a recovery of this host was interrupted/);
  const alone = await hosts.run(['recover', '--resume', '--hosts', 'cp1']);
  assert.equal(alone.exitCode, 2, alone.stderr);
  assert.match(alone.stderr, /also concerns cp2, cp3\nhint: .*--hosts cp1,cp2,cp3/);
  const done = await hosts.run(['recover', '--resume', '--hosts', all]);
  assert.equal(done.exitCode, 0, done.stderr);
  const id = await isRecovered(hosts, before);
  assert.ok(done.stdout.includes(`Recovery ${id} is finished.`), done.stdout);
}

async function rollsBack(hosts: ThreeHosts): Promise<void> {
  await writeMore(hosts.lab.controlPlane('cp1'), '5');
  const before = await readState(hosts);
  await killHalfway(hosts);
  const done = await hosts.run(['recover', '--rollback', '--hosts', all]);
  assert.equal(done.exitCode, 0, done.stderr);
  assert.match(done.stdout, /Recovery \S+ is undone: everything is as it was before\./);
  await isAsBefore(hosts, before);
}
