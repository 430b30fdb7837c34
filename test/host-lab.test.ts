/**
 * The lab of control-plane hosts that the tests of several hosts stand on. The kubelet, the API server, the controller
 * manager and the scheduler in it are stand-ins; sshd and etcd are real.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { requirePeer } from './peers/index.ts';
import {
  type HostLab,
  type Machines,
  type NamespaceKind,
  buildMachines,
  namespaceOf,
  processesIn,
  requireHostLab,
  startHostLab,
  startSshd,
} from './support/host-lab/index.ts';
import { environment } from './support/run-command.ts';
import { eventually, within } from './support/waiting.ts';

const minuteMs = 60_000;

test('three hosts with a cluster', { timeout: 6 * minuteMs }, async (t) => {
  const peer = await requirePeer(t, '3.5');
  if (peer === undefined || !(await requireHostLab(t))) return;
  await using lab = await startHostLab({ etcd: peer });
  t.diagnostic(`ready ${((performance.now() - started) / 1000).toFixed(1)} s after the test file began`);

  await t.test('etcd has a quorum across the hosts', async () => {
    await put(lab, 'cp1', 'word', 'one');
    assert.equal(await get(lab, 'cp2', 'word'), 'one');
    assert.equal(await get(lab, 'cp3', 'word'), 'one');
  });

  await t.test('each is reached by ssh from the bastion, and is a machine of its own', async () => {
    const seen = await Promise.all(lab.hosts.map((host) => ask(lab, host.name)));
    assert.deepEqual(
      seen.map(({ hostname }) => hostname),
      ['cp1', 'cp2', 'cp3'],
    );
    for (const distinct of ['root', 'processes', 'network'] as const) {
      assert.equal(new Set(seen.map((answer) => answer[distinct])).size, 3, distinct);
    }
    for (const answer of seen) {
      assert.equal(answer.node, 'none', 'control-plane nodes have no Node');
      assert.equal(answer.etcds, '1', 'a host sees its own processes only');
    }
  });

  await t.test('the program runs on the bastion', async () => {
    const program = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts');
    const { exitCode, stdout, stderr } = await lab.run([process.execPath, program, 'version']);
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /\d+\.\d+/);
  });

  await t.test('a host reaches another one', async () => {
    const { stdout } = await lab.host('cp1').run(['ssh', 'cp2', 'hostname']);
    assert.equal(stdout, 'cp2\n');
  });

  await t.test('a host without network is not refused but lost, and runs on', async () => {
    const host = lab.host('cp3');
    await host.unreachable();
    const { exitCode, stderr } = await sshToNobody(lab, 'cp3');
    assert.equal(exitCode, 255);
    assert.match(stderr, /timed out/);
    // The other two may have to choose a new leader first.
    await lab.ready(['cp1']);
    await put(lab, 'cp1', 'word', 'two');
    assert.ok((await host.processes()).some(({ argv }) => argv[0] === 'etcd'));
    await host.reachable();
    await lab.ready(['cp3']);
    assert.equal(await get(lab, 'cp3', 'word'), 'two');
    assert.equal((await ssh(lab, 'cp3', 'true')).exitCode, 0);
  });

  await t.test('a disk fills up and is emptied again', async () => {
    const host = lab.host('cp1');
    // What runs there goes on writing: nothing is left for it for no longer than a moment.
    await host.fillDisk(256 << 10);
    const full = await host.run(['sh', '-c', 'head -c 1000000 /dev/zero >/var/lib/more; rm /var/lib/more']);
    assert.match(full.stderr, /No space left on device/);
    await host.freeDisk();
    await host.mustRun(['sh', '-c', 'head -c 1000000 /dev/zero >/var/lib/more && rm /var/lib/more']);
  });

  await t.test('a host that is switched off leaves two with a quorum, and comes back', async () => {
    const host = lab.host('cp2');
    const pidNamespace = host.pidNamespace!;
    await host.kill();
    assert.deepEqual(await processesIn('pid', pidNamespace), []);
    assert.equal(host.on, false);
    await lab.ready(['cp1', 'cp3']);
    await put(lab, 'cp1', 'word', 'three');
    assert.equal(await get(lab, 'cp3', 'word'), 'three');
    assert.match((await sshToNobody(lab, 'cp2')).stderr, /timed out/);
    // Its disk can still be looked at.
    await access(join(host.rootDir, 'var/lib/etcd/member/snap/db'));

    await host.start();
    await lab.ready(['cp2']);
    assert.equal(await get(lab, 'cp2', 'word'), 'three');
    assert.equal((await ask(lab, 'cp2')).hostname, 'cp2');
  });

  for (const how of ['stop', 'kill'] as const) {
    await t.test(`the runner of a host starts again after a ${how}`, async () => {
      const host = lab.host('cp1');
      const before = await host.processes();
      await lab.restartRunner('cp1', how);
      await lab.ready(['cp1']);
      const now = await host.processes();
      for (const name of ['kubelet', 'etcd', 'kube-apiserver']) {
        const [old, ...more] = before.filter(({ argv }) => argv[0] === name);
        const present = now.filter(({ argv }) => argv[0] === name);
        assert.deepEqual([more.length, present.length], [0, 1], name);
        assert.notEqual(present[0]!.pid, old!.pid, name);
      }
    });
  }

  await t.test('nothing of it stays', async () => {
    const traces = await tracesOf(lab.hosts[0]!.rootDir);
    assert.equal(traces.namespaces.length, 12, 'three of the lab and of each host');
    // What a killed program has left running on the bastion must not keep the lab alive.
    const [file, ...words] = [...lab.bastion, 'sleep', '1000'];
    const sleeper = spawn(file, words, { stdio: 'ignore' });
    const sleeperEnded = once(sleeper, 'exit');
    await eventually(60_000, 'the program is on the bastion', async () =>
      (await namespaceOf(sleeper.pid!, 'net')) === (await namespaceOf(lab.initPid, 'net')) ? true : undefined,
    );
    await lab.stop();
    await within(60_000, 'the program on the bastion ends', sleeperEnded);
    await expectNoTraces(traces);
    await assert.rejects(access(traces.directory), { code: 'ENOENT' });
  });
});

test('two labs at once do not meet, though their addresses are the same', {
  timeout: 3 * minuteMs,
}, async (t) => {
  if (!(await requireHostLab(t))) return;
  await using one = await buildMachines({ hosts: 1, boot: [startSshd] });
  await using other = await buildMachines({ hosts: 2, boot: [startSshd] });
  await Promise.all([...one.hosts, ...other.hosts].map((host) => host.start()));
  assert.equal(one.host('cp1').address, other.host('cp1').address);
  const [here, there] = await Promise.all([ask(one, 'cp1'), ask(other, 'cp1')]);
  assert.notEqual(here.network, there.network);
  await one.stop();
  assert.equal((await ask(other, 'cp1')).network, there.network);
  assert.equal((await ask(other, 'cp2')).hostname, 'cp2');
});

test('a disk for etcd alone fills up alone', { timeout: 3 * minuteMs }, async (t) => {
  if (!(await requireHostLab(t))) return;
  await using lab = await buildMachines({ hosts: 1, etcdDiskBytes: 8 << 20 });
  const host = lab.host('cp1');
  await host.start();
  await host.fillDisk();
  const full = await host.run(['sh', '-c', 'head -c 10 /dev/zero >/var/lib/etcd/more']);
  assert.match(full.stderr, /No space left on device/);
  await host.mustRun(['sh', '-c', 'echo more >/var/lib/more']);
  await host.kill();
  await host.start();
  assert.equal(await host.mustRun(['cat', '/var/lib/more']), 'more\n', 'a disk outlives its host');
  await host.freeDisk();
  await host.mustRun(['sh', '-c', 'echo more >/var/lib/etcd/more']);
});

test('a test that is killed takes its hosts along', { timeout: 3 * minuteMs }, async (t) => {
  if (!(await requireHostLab(t))) return;
  const code = `
    import { buildMachines } from './support/host-lab/index.ts';
    const lab = await buildMachines({ hosts: 1 });
    await lab.host('cp1').start();
    console.log(lab.host('cp1').rootDir);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], {
    cwd: import.meta.dirname,
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    const lines = createInterface({ input: child.stdout });
    const [line] = (await within(minuteMs, 'the lab is there', once(lines, 'line'))) as [string];
    const traces = await tracesOf(line);
    assert.equal(traces.namespaces.length, 6);
    child.kill('SIGKILL');
    await ended;
    await expectNoTraces(traces);
    await rm(traces.directory, { recursive: true, force: true });
  } finally {
    child.kill('SIGKILL');
  }
});

const started = performance.now();

async function put(lab: HostLab, host: string, key: string, value: string): Promise<void> {
  await using etcd = lab.controlPlane(host).openEtcd();
  await etcd.kv.put({ key: Buffer.from(key), value: Buffer.from(value) });
}

async function get(lab: HostLab, host: string, key: string): Promise<string> {
  await using etcd = lab.controlPlane(host).openEtcd();
  const { kvs } = await etcd.kv.range({ key: Buffer.from(key) });
  return Buffer.from(kvs[0]?.value ?? []).toString();
}

function ssh(lab: Machines, host: string, command: string, ...options: readonly string[]) {
  return lab.run(['ssh', '-F', lab.ssh.configFile, ...options, lab.host(host).sshDestination, command]);
}

/** To a host that will not answer, which is not waited for as long as one that may. */
function sshToNobody(lab: Machines, host: string) {
  return ssh(lab, host, 'true', '-o', 'ConnectTimeout=4');
}

/** What a host says of itself over ssh. */
async function ask(lab: Machines, host: string) {
  const words = [
    'hostname',
    'stat --format=%d /',
    'readlink /proc/self/ns/pid',
    'readlink /proc/self/ns/net',
    'command -v node || echo none',
    // The names that processes go by: whoever is about to become etcd has the word among its arguments.
    'for f in /proc/[0-9]*/cmdline; do head -z -n 1 $f; done 2>/dev/null | tr "\\0" "\\n" | grep -c -x etcd || true',
  ];
  const { exitCode, stdout, stderr } = await ssh(lab, host, words.join('; '));
  assert.equal(exitCode, 0, stderr);
  const [hostname, root, processes, network, node, etcds] = stdout.split('\n');
  return { hostname, root, processes, network, node, etcds };
}

interface Traces {
  /** Where the lab's files are. */
  readonly directory: string;
  readonly namespaces: readonly (readonly [NamespaceKind, string])[];
}

/** The namespaces of the lab and of its hosts: their first processes name its directory. */
async function tracesOf(rootDir: string): Promise<Traces> {
  const directory = join(tmpdir(), /holdfast-host-lab-[^/]+/.exec(rootDir)![0]);
  const found = new Map<string, NamespaceKind>();
  for (const pid of (await readdir('/proc')).map(Number).filter(Number.isInteger)) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!commandLine.includes(directory)) continue;
    for (const kind of ['mnt', 'net', 'pid'] as const) {
      const namespace = await namespaceOf(pid, kind);
      const ours = await namespaceOf(process.pid, kind);
      if (namespace !== undefined && namespace !== ours) found.set(namespace, kind);
    }
  }
  return { directory, namespaces: [...found].map(([name, kind]) => [kind, name]) };
}

async function expectNoTraces({ directory, namespaces }: Traces): Promise<void> {
  await eventually(60_000, 'no process of the lab is left', async () => {
    for (const [kind, namespace] of namespaces) {
      const left = await processesIn(kind, namespace);
      if (left.length > 0) throw new Error(`${kind} ${namespace}: ${JSON.stringify(left)}`);
    }
    return true;
  });
  assert.ok(!(await readFile('/proc/self/mounts', 'utf8')).includes(directory));
}
