/**
 * What goes wrong on one host of three: all three are as before afterwards. sshd and etcd are real; the kubelet and the
 * API server are stand-ins.
 */
import assert from 'node:assert/strict';
import { readFile, rename } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'node:test';
import { utf8 } from '../../src/base/index.ts';
import { eventually } from '../support/waiting.ts';
import { openThreeHosts, type ThreeHosts } from './three-hosts.ts';
import { countEvents, isAsBefore, pendingFiles, readState } from './three-hosts-state.ts';

const all = 'cp1,cp2,cp3';
const minuteMs = 60_000;
/** So much that a restore takes long enough to be caught at it. */
const ballast = { keys: 24, valueBytes: 1 << 20 };

test('what one host cannot do is undone on all', { timeout: 10 * minuteMs }, async (t) => {
  await using hosts = await openThreeHosts(t, '3.5', {
    async prepare(lab) {
      await using etcd = lab.controlPlane('cp1').openEtcd();
      const value = new Uint8Array(ballast.valueBytes).fill(0x5a);
      for (let key = 0; key < ballast.keys; key++) await etcd.kv.put({ key: utf8(`/ballast/${key}`), value });
    },
  });
  if (hosts === undefined) return;
  await t.test('one cannot be reached', () => oneUnreachable(hosts));
  await t.test('one has a full disk', () => oneFull(hosts));
  await t.test('the session on one is killed while it stages', () => oneSessionKilled(hosts));
  await t.test('one is switched off while it stages', () => oneSwitchedOff(hosts));
  await t.test('on one the API server does not start', () => oneApiServerBroken(hosts));
});

function recoverArgs(hosts: ThreeHosts, waitTimeout = '60s'): string[] {
  return ['recover', hosts.snapshotPath, '--hosts', all, '--yes', `--wait-timeout=${waitTimeout}`];
}

/** Nothing is stopped, started or changed on any host. */
async function untouched(hosts: ThreeHosts, work: () => Promise<void>): Promise<void> {
  const before = await readState(hosts);
  const events = await countEvents(hosts);
  await work();
  assert.deepEqual(await countEvents(hosts), events, 'nothing was stopped or started');
  await isAsBefore(hosts, before);
}

async function oneUnreachable(hosts: ThreeHosts): Promise<void> {
  await untouched(hosts, async () => {
    const host = hosts.lab.host('cp2');
    await host.unreachable();
    try {
      const failed = await hosts.run(recoverArgs(hosts));
      assert.equal(failed.exitCode, 5, failed.stderr);
      assert.match(failed.stderr, /^Error: no connection to cp2: .*timed out/m);
      for (const name of hosts.names)
        assert.equal(await placedProgram(hosts, name), false, `nothing was placed on ${name}`);
    } finally {
      await host.reachable();
    }
  });
}

async function placedProgram({ lab }: ThreeHosts, name: string): Promise<boolean> {
  return (await lab.host(name).run(['test', '-e', '/var/lib/holdfast'])).exitCode === 0;
}

/** Refused before anything stops; and when there is not even room for the program, that is said. */
async function oneFull(hosts: ThreeHosts): Promise<void> {
  const host = hosts.lab.host('cp3');
  await untouched(hosts, async () => {
    await host.fillDisk(50 << 20);
    const noProgram = await hosts.run(recoverArgs(hosts));
    assert.equal(noProgram.exitCode, 1, noProgram.stderr);
    assert.match(noProgram.stderr, /^Error: cp3: no space left on the device of \/var\/lib\/holdfast\/bin/m);
    await host.freeDisk();
    await host.fillDisk(160 << 20);
    const refused = await hosts.run(recoverArgs(hosts));
    assert.equal(refused.exitCode, 4, refused.stderr);
    assert.match(refused.stderr, /^Error: nothing was touched: cp3: \d+ bytes are free at \/var\/lib/m);
    await host.freeDisk();
  });
}

async function oneSessionKilled(hosts: ThreeHosts): Promise<void> {
  await untouched(hosts, async () => {
    const host = hosts.lab.host('cp1');
    const recover = hosts.start(recoverArgs(hosts));
    // Found ahead: while all processes are looked at, the staging may come to its end.
    const session = await eventually(3 * minuteMs, 'the program has a session on the host', async () => {
      const processes = await host.processes();
      return processes.find(({ argv }) => argv[1] === 'host-session');
    });
    await stages(hosts, host.name);
    process.kill(session.pid, 'SIGKILL');
    const failed = await recover.ended;
    assert.equal(failed.exitCode, 6, failed.stderr);
    assert.match(failed.stderr, /^Error: rolled back, everything is as it was before: .*cp1/m);
  });
}

/** The others go back at once; the host does when it is on again and somebody says so. */
async function oneSwitchedOff(hosts: ThreeHosts): Promise<void> {
  const before = await readState(hosts);
  const events = await countEvents(hosts);
  const host = hosts.lab.host('cp2');
  const recover = hosts.start(recoverArgs(hosts));
  await stages(hosts, host.name);
  await host.kill();
  const failed = await recover.ended;
  assert.equal(failed.exitCode, 6, failed.stderr);
  assert.match(failed.stderr, /rolled back, everything is as it was before: no connection to cp2/);
  assert.match(failed.stderr, /nothing was taken away on cp2 either, .*"holdfast recover --rollback"/);
  const now = await countEvents(hosts);
  assert.deepEqual([now[0], now[2]], [events[0], events[2]], 'nothing was stopped or started');
  await host.start();
  assert.ok((await pendingFiles(hosts, 'cp2')).includes('journal.jsonl'));
  const tidied = await hosts.run(['recover', '--rollback', '--hosts', all]);
  assert.equal(tidied.exitCode, 0, tidied.stderr);
  await isAsBefore(hosts, before);
}

/** Waits until a host restores the snapshot, and makes sure that it still stages: nothing is stopped yet. */
async function stages(hosts: ThreeHosts, name: string): Promise<void> {
  const journal = hosts.path(name, 'var/lib/holdfast/recover/journal.jsonl');
  const steps = async () => {
    const text = await readFile(journal, 'utf8').catch(() => '');
    return [...text.matchAll(/"step":"([^"]+)"/g)].map(([, step]) => step!);
  };
  const endMs = performance.now() + 3 * minuteMs;
  while ((await steps()).length === 0 && performance.now() < endMs) await delay(5);
  const begun = await steps();
  assert.equal(begun[0], 'stage/restore');
  assert.deepEqual(
    begun.filter((step) => !step.startsWith('stage/')),
    [],
    'caught while it stages',
  );
}

/** Its certificate is away when it is to start; everything else went well by then. */
async function oneApiServerBroken(hosts: ThreeHosts): Promise<void> {
  const before = await readState(hosts);
  const certificate = hosts.path('cp3', 'etc/kubernetes/pki/apiserver.crt');
  // Enough for the three etcds to find a leader on a busy machine; the API server is waited for in vain.
  const recover = hosts.start(recoverArgs(hosts, '45s'));
  await recover.printed('take etcd away');
  await rename(certificate, `${certificate}.away`);
  await recover.printed('rolling back');
  await rename(`${certificate}.away`, certificate);
  const failed = await recover.ended;
  assert.equal(failed.exitCode, 6, failed.stderr);
  assert.match(failed.stderr, /^Error: rolled back, everything is as it was before: .*cp3/m);
  await isAsBefore(hosts, before);
}
