/** The kubelet for tests does what a kubelet does with the files of its manifests directory. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { requirePeer } from '../../../test/peers/index.ts';
import { freePorts } from '../../../test/support/free-ports.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { waitForEvent } from '../../../test/support/control-plane/index.ts';
import { eventually } from '../../../test/support/waiting.ts';
import {
  type RunnerEvent,
  readEvents,
  runningContainers,
  type StaticPodRunnerOptions,
  startStaticPodRunner,
} from './index.ts';

/** Appends a line to a file of the host when it starts, and stays. */
const stay = 'echo "$0 $1" >> /data/log; exec sleep 1000';

function podText(name: string, script: string, more = ''): string {
  return `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: kube-system
spec:
  ${more}
  containers:
  - name: main
    image: example.org/${name}:1
    command: ["/bin/sh", "-c", ${JSON.stringify(script)}, "${name}"]
    args: ["one"]
    volumeMounts: [{name: data, mountPath: /data}]
  volumes: [{name: data, hostPath: {path: /srv/data, type: DirectoryOrCreate}}]
`;
}

/** A sandbox root with a runner, and hands to put files there and wait for what comes of it. */
async function sandbox(options: Partial<StaticPodRunnerOptions> = {}) {
  await using starting = new AsyncDisposableStack();
  const dir = starting.use(await tempDir('static-pods'));
  const manifests = join(dir.path, 'etc/kubernetes/manifests');
  await mkdir(manifests, { recursive: true });
  const runner = starting.use(
    await startStaticPodRunner({
      root: dir.path,
      programs: {},
      firstBackOffMs: 100,
      maxGraceMs: 3000,
      ...options,
    }),
  );
  const events = () => readEvents(runner.eventsFile);
  const stack = starting.move();
  return {
    root: dir.path,
    manifests,
    runner,
    events,
    running: async () => runningContainers(await events()),
    /** At once: a scan between the making of a file and its writing would meet an empty one. */
    async put(file: string, text: string) {
      await writeFile(join(dir.path, 'next'), text);
      await rename(join(dir.path, 'next'), join(manifests, file));
    },
    wait: (event: RunnerEvent['event'], file: string, nth = 1) =>
      eventually(
        30_000,
        `${event} of ${file}, ${nth}`,
        async () => (await events()).filter((one) => one.event === event && one.file === file)[nth - 1],
      ),
    log: () => readFile(join(dir.path, 'srv/data/log'), 'utf8'),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** False for a zombie too: it has ended, and only waits for whoever inherited it to take notice. */
function isAlive(pid: number): boolean {
  try {
    return /\) [^ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** What a container is when all that leads to it has become it: tied to the runner, under its own name. */
function commandLineOf(pid: number, name: string): Promise<readonly string[]> {
  return eventually(30_000, `process ${pid} is ${name}`, async () => {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    return words[0] === name ? words : undefined;
  });
}

test('a manifest of any name is run, with the host paths of its volumes', async () => {
  await using box = await sandbox();
  await box.put('whatever.txt', podText('a', stay));
  const { pid, argv } = await box.wait('started', 'whatever.txt');
  await eventually(30_000, 'the container has written', async () =>
    (await box.log()) === 'a one\n' ? true : undefined,
  );
  assert.equal(argv?.[0], 'sh');
  assert.equal((await commandLineOf(pid!, 'sleep'))[1], '1000');
  assert.deepEqual(
    (await box.running()).map(({ file, pod }) => [file, pod]),
    [['whatever.txt', 'kube-system/a']],
  );
});

test('argv[0] is the name of the command, whatever runs it', async () => {
  await using box = await sandbox({
    programs: { etcd: [process.execPath, '-e', 'setInterval(() => {}, 1000)', '--'] },
  });
  await box.put(
    'etcd.yaml',
    podText('etcd', '').replace(/command: .*/, 'command: [/usr/local/bin/etcd, --x=1]'),
  );
  const { pid } = await box.wait('started', 'etcd.yaml');
  assert.ok((await commandLineOf(pid!, 'etcd')).includes('--x=1'));
});

test('a change stops the old pod, and starts the new one when the old one is gone', async () => {
  await using box = await sandbox();
  const slow = 'trap "sleep 1; exit 0" TERM; while true; do sleep 0.1; done';
  await box.put('a.yaml', podText('a', slow));
  const first = await box.wait('started', 'a.yaml');
  await commandLineOf(first.pid!, 'sh');
  await box.put('a.yaml', podText('a', stay));
  const second = await box.wait('started', 'a.yaml', 2);
  assert.ok(!isAlive(first.pid!));
  const order = (await box.events()).map(({ event }) => event);
  assert.deepEqual(order, [
    'watching',
    'pod-added',
    'started',
    'pod-changed',
    'exited',
    'pod-stopped',
    'started',
  ]);
  assert.ok(isAlive(second.pid!));
});

test('a comment is no change', async () => {
  await using box = await sandbox({ rescanMs: 200 });
  await box.put('a.yaml', podText('a', stay));
  const { pid } = await box.wait('started', 'a.yaml');
  await box.put('a.yaml', `# another quiet night\n${podText('a', stay)}`);
  await box.put('b.yaml', podText('b', stay));
  await box.wait('started', 'b.yaml');
  assert.equal((await box.running()).find(({ file }) => file === 'a.yaml')?.pid, pid);
});

test('a manifest moved away stops its pod, and moved back starts it', async () => {
  await using box = await sandbox();
  await box.put('a.yaml', podText('a', stay));
  const { pid } = await box.wait('started', 'a.yaml');
  await rename(join(box.manifests, 'a.yaml'), join(box.root, 'a.yaml'));
  await box.wait('pod-stopped', 'a.yaml');
  assert.ok(!isAlive(pid!));
  assert.deepEqual(await box.running(), []);
  await rename(join(box.root, 'a.yaml'), join(box.manifests, 'a.yaml'));
  await box.wait('started', 'a.yaml', 2);
});

test('a pod that ignores SIGTERM is killed after its grace period, with all its processes', async () => {
  await using box = await sandbox();
  const stubborn = 'trap "" TERM; sleep 1000 & echo $! > /data/child; while true; do sleep 0.1; done';
  await box.put('a.yaml', podText('a', stubborn, 'terminationGracePeriodSeconds: 1'));
  const { pid } = await box.wait('started', 'a.yaml');
  const child = await eventually(30_000, 'the container has a child', async () => {
    const text = await readFile(join(box.root, 'srv/data/child'), 'utf8');
    return text.endsWith('\n') ? Number(text) : undefined;
  });
  await rm(join(box.manifests, 'a.yaml'));
  const { signal } = await box.wait('exited', 'a.yaml');
  assert.equal(signal, 'SIGKILL');
  await eventually(30_000, 'none of its processes is left', async () =>
    Promise.resolve(!isAlive(pid!) && !isAlive(child) ? true : undefined),
  );
});

test('a renamed manifest does not run twice at any time', async () => {
  await using box = await sandbox();
  await box.put('a.yaml', podText('a', 'trap "sleep 0.5; exit 0" TERM; while true; do sleep 0.1; done'));
  await box.wait('started', 'a.yaml');
  await rename(join(box.manifests, 'a.yaml'), join(box.manifests, 'b.yaml'));
  await box.wait('started', 'b.yaml');
  const order = (await box.events()).filter(({ event }) => event === 'pod-stopped' || event === 'started');
  assert.deepEqual(
    order.map(({ event, file }) => `${event} ${file!}`),
    ['started a.yaml', 'pod-stopped a.yaml', 'started b.yaml'],
  );
});

test('files that begin with a dot, directories and half a manifest are left alone', async () => {
  await using box = await sandbox({ rescanMs: 100 });
  await box.put('.hidden.yaml', podText('hidden', stay));
  await mkdir(join(box.manifests, 'directory.yaml'));
  await box.put('half.yaml', podText('half', stay).slice(0, 120));
  await box.wait('unreadable', 'half.yaml');
  await box.put('whole.yaml', podText('whole', stay));
  await box.wait('started', 'whole.yaml');
  assert.deepEqual(
    (await box.running()).map(({ file }) => file),
    ['whole.yaml'],
  );
  await box.put('half.yaml', podText('half', stay));
  await box.wait('started', 'half.yaml');
});

test('a manifest that becomes unreadable keeps running until the next regular scan', async () => {
  await using box = await sandbox({ rescanMs: 3000 });
  await box.put('a.yaml', podText('a', stay));
  await box.wait('started', 'a.yaml');
  await box.put('a.yaml', 'apiVersion: [');
  await box.wait('pod-stopped', 'a.yaml');
  const kinds = (await box.events()).map(({ event }) => event);
  assert.ok(kinds.indexOf('unreadable') < kinds.indexOf('pod-removed'), kinds.join(' '));
});

test('a container that ends is started again, at once and then with growing waits', async () => {
  await using box = await sandbox();
  await box.put('a.yaml', podText('a', 'echo again >> /data/log; exit 3'));
  await box.wait('started', 'a.yaml', 4);
  const events = await box.events();
  assert.equal(events.find(({ event }) => event === 'exited')?.exitCode, 3);
  assert.deepEqual(events.flatMap(({ delayMs }) => delayMs ?? []).slice(0, 2), [100, 200]);
});

test('what cannot start is tried again until it can', async () => {
  await using box = await sandbox();
  await box.put('a.yaml', podText('a', stay).replace('DirectoryOrCreate', 'Directory'));
  const { reason } = await box.wait('cannot-start', 'a.yaml');
  assert.match(reason!, /no \/srv\/data/);
  await mkdir(join(box.root, 'srv/data'), { recursive: true });
  await box.wait('started', 'a.yaml');
  await box.put('b.yaml', podText('b', '').replace('/bin/sh', 'unheard-of'));
  assert.match((await box.wait('cannot-start', 'b.yaml')).reason!, /no program stands for unheard-of/);
});

test('a manifests directory that goes and comes is followed', async () => {
  await using box = await sandbox({ rescanMs: 200 });
  await box.put('a.yaml', podText('a', stay));
  await box.wait('started', 'a.yaml');
  await rename(box.manifests, `${box.manifests}.away`);
  await box.wait('pod-stopped', 'a.yaml');
  await mkdir(box.manifests);
  await box.put('b.yaml', podText('b', stay));
  await box.wait('started', 'b.yaml');
});

test('two manifests of one etcd both run it', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using box = await sandbox({ programs: { etcd: [peer.etcd] } });
  const [client, peerPort] = await freePorts(2);
  const flags = [
    '--data-dir=/data/etcd',
    `--listen-client-urls=http://127.0.0.1:${client!}`,
    `--advertise-client-urls=http://127.0.0.1:${client!}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort!}`,
  ];
  const text = podText('etcd', '').replace(
    /command: .*\n.*/,
    `command: ${JSON.stringify(['etcd', ...flags])}`,
  );
  await box.put('etcd.yaml', text);
  await box.wait('started', 'etcd.yaml');
  await eventually(30_000, 'etcd answers', async () =>
    (await fetch(`http://127.0.0.1:${client!}/health`)).ok ? true : undefined,
  );
  await box.put('etcd.yaml.bak', text);
  const copy = await box.wait('started', 'etcd.yaml.bak');
  const { exitCode } = await box.wait('exited', 'etcd.yaml.bak');
  const events = await box.events();
  assert.ok(!events.some(({ event, file }) => event === 'exited' && file === 'etcd.yaml'));
  assert.notEqual(exitCode, 0, 'the copy finds its ports taken');
  assert.ok(!isAlive(copy.pid!));
});

for (const [how, end] of [
  ['its standard input closes', 'stdin'],
  ['it is asked to stop', 'SIGTERM'],
  ['it is killed', 'SIGKILL'],
] as const) {
  test(`nothing that the program started is left when ${how}`, async () => {
    await using dir = await tempDir('static-pods');
    const manifests = join(dir.path, 'etc/kubernetes/manifests');
    await mkdir(manifests, { recursive: true });
    await writeFile(join(manifests, 'a.yaml'), podText('a', stay));
    await mkdir(join(dir.path, 'var/lib/kubelet'), { recursive: true });
    const config = 'kind: KubeletConfiguration\nstaticPodPath: /etc/kubernetes/manifests\n';
    await writeFile(join(dir.path, 'var/lib/kubelet/config.yaml'), config);
    await writeFile(join(dir.path, 'programs.json'), '{}');
    const program = join(import.meta.dirname, '../main.ts');
    const args = [program, 'static-pods', '--root', dir.path, '--config=/var/lib/kubelet/config.yaml'];
    const child = spawn(process.execPath, [...args, '--programs', join(dir.path, 'programs.json')], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    try {
      const eventsFile = join(dir.path, 'run/static-pods/events.jsonl');
      const { pid } = await waitForEvent(eventsFile, 'started', ({ event }) => event === 'started');
      await commandLineOf(pid!, 'sleep');
      assert.ok(isAlive(pid!));
      if (end === 'stdin') child.stdin.end();
      else child.kill(end);
      await ended;
      await eventually(30_000, 'the container is gone', async () =>
        Promise.resolve(isAlive(pid!) ? undefined : true),
      );
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  });
}
