/** `serve` beside the real etcd on the same data: the same answers to etcdctl of every line, and to raw watches. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { toJsonString } from '@bufbuild/protobuf';
import { utf8 } from '../../src/base/index.ts';
import { KV, Lease, Watch, WatchResponseSchema } from '../../src/etcd/index.ts';
import { requirePeer } from '../peers/index.ts';
import { etcdctl, runEtcdctl } from '../support/etcdctl.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { type RawCall, RawConnection, rawMethod } from '../support/raw-grpc.ts';
import { type CliRun, runHoldfast } from '../support/run-cli.ts';
import { storageVersionWritten } from '../support/storage-version.ts';
import { tempDir } from '../support/temp-dir.ts';
import { within } from '../support/waiting.ts';

/** Reads; `{}` is an endpoint's place in what is printed. */
const reads = [
  'get k --prefix -w json',
  'get k1 --rev 3',
  'get k1 --rev 2000',
  'get k1 --rev 2',
  'get k --from-key --limit 2 --order descend -w fields',
  'member list -w json',
  'endpoint health',
  'endpoint hashkv -w json',
  'lease list',
  'lease timetolive 1234 --keys',
  'alarm list',
  'watch k1 --rev 2',
  'move-leader 1',
];

/** Done one after the other on both. */
const writes = [
  'put k1 new --prev-kv -w json',
  'put k9 x --lease=1234 -w json',
  'put k9 x --ignore-lease -w json',
  'put none --ignore-value',
  'del k2 --prev-kv -w json',
  'del none -w json',
  'lease revoke 4321',
  'lease revoke 4321',
  'lease keep-alive 1234 --once',
  'compaction 6',
  'compaction 6',
  'compaction 1000',
  'get k --prefix -w json',
  'endpoint hashkv -w json',
  'defrag',
];

test('etcdctl of every line and a raw watch get the same from serve as from the real etcd', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('serve');
  await using real = await startEtcd({ peer, dataDir: join(dir.path, 'data') });
  await real.ready();
  for (const command of ['1', '2', '3', '4', '5'].map((n) => `put k${n} v${n}`)) await run(real, command);
  await grantLeases(real.clientUrl);
  for (const command of [
    'put k7 leased --lease=1234',
    'put k8 leased --lease=4321',
    'del k3',
    'put k1 again',
    'compaction 3',
  ])
    await run(real, command);
  await storageVersionWritten(real);
  const snapshot = join(dir.path, 'snapshot.db');
  await etcdctl(real, ['snapshot', 'save', snapshot]);
  const digest = await sha256(snapshot);

  await using served = await serveByCli(['serve', snapshot, '--writable', '--listen', '127.0.0.1:0']);
  for (const line of ['3.4', '3.5', '3.6', '3.7'] as const) {
    const client = await requirePeer(t, line);
    if (client === undefined) continue;
    for (const command of reads) await sameFromBoth({ ...real, peer: client }, served.url, command);
  }
  assert.deepEqual(await watchScript(served.url), await watchScript(real.clientUrl));
  for (const command of writes) await sameFromBoth(real, served.url, command);
  assert.deepEqual(await watchScript(served.url), await watchScript(real.clientUrl), 'again, after writes');

  const saved = join(dir.path, 'saved.db');
  await etcdctl({ ...real, clientUrl: served.url }, ['snapshot', 'save', saved]);
  const status = await runHoldfast(['snapshot', 'verify', saved]);
  assert.equal(status.exitCode, 0, status.stderr + status.stdout);
  const ended = await served.stop();
  assert.equal(ended.exitCode, 130);
  assert.equal(ended.stderr, '', 'Ctrl-C is how it ends');
  assert.equal(await sha256(snapshot), digest, 'the source is as it was');
});

test('a data dir is served read-only, as of any revision; damage and bad words are told', async (t) => {
  const peer = await requirePeer(t, '3.5');
  if (peer === undefined) return;
  await using dir = await tempDir('serve');
  const dataDir = join(dir.path, 'data');
  await using real = await startEtcd({ peer, dataDir });
  await real.ready();
  for (const value of ['one', 'two', 'three']) await run(real, `put key ${value}`);
  await real.stop();
  await using served = await serveByCli([
    'serve',
    dataDir,
    '--at',
    '3',
    '--listen',
    '127.0.0.1:0',
    '-w',
    'json',
  ]);
  const { url, revision, keys, writable } = JSON.parse(served.printed) as Record<string, unknown>;
  assert.deepEqual([url, revision, keys, writable], [served.url, 3, 1, false]);
  const target = { ...real, clientUrl: served.url };
  assert.equal(await etcdctl(target, ['get', 'key', '--print-value-only']), 'two\n');
  const refused = await runEtcdctl(target, ['put', 'key', 'x']);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /Error: .*this is a read-only view of a backup; serve it with --writable/);

  const port = served.url.slice(served.url.lastIndexOf(':') + 1);
  for (const [args, exitCode, message] of [
    [['--listen', `127.0.0.1:${port}`], 1, /cannot listen on 127\.0\.0\.1:\d+: the address is in use/],
    [['--listen', 'nowhere'], 2, /"nowhere" is not an address to listen on/],
    [['--at', '1000'], 1, /required revision is a future revision/],
    [['--trusted-ca', 'ca.crt'], 2, /--trusted-ca needs TLS/],
    [['--cert', real.logFile, '--key', real.logFile], 2, /is not a certificate/],
  ] as const) {
    const run = await runHoldfast(['serve', dataDir, ...args]);
    assert.equal(run.exitCode, exitCode, run.stderr);
    assert.match(run.stderr, message);
  }
});

interface Target {
  readonly clientUrl: string;
}

async function run(target: Parameters<typeof etcdctl>[0], command: string): Promise<void> {
  await etcdctl(target, command.split(' '));
}

async function grantLeases(url: string): Promise<void> {
  await using connection = new RawConnection(url);
  for (const ID of [0x1234n, 0x4321n])
    await connection.call(rawMethod(Lease.method.leaseGrant), { ID, TTL: 100_000n });
}

/** Runs a command against both and compares what it prints and how it ends. */
async function sameFromBoth(
  real: Parameters<typeof runEtcdctl>[0] & Target,
  served: string,
  command: string,
): Promise<void> {
  const [theirs, ours] = await Promise.all(
    [real.clientUrl, served].map(async (clientUrl) => {
      // etcdctl 3.4 makes a whole URL its :authority, which node:http2 refuses.
      const wrapped = { ...real, clientUrl: clientUrl.replace('http://', '') };
      const result = await runEtcdctl(wrapped, command.split(' '));
      const errors = result.stderr.split('\n').filter((text) => text.startsWith('Error:'));
      const port = clientUrl.slice(clientUrl.lastIndexOf(':') + 1);
      const comparable = (text: string) =>
        text
          .replaceAll(port, 'PORT')
          .replace(/took[: =].*/g, 'took')
          .replace(/remaining\(\d+s\)/g, 'remaining')
          .replace(/rpc error: code = \w+ desc = /g, '');
      return { exitCode: result.exitCode, stdout: comparable(result.stdout), errors: errors.map(comparable) };
    }),
  );
  assert.deepEqual(ours, theirs, `etcdctl ${real.peer.version} ${command}`);
}

type WatchCall = RawCall<typeof Watch.method.watch.input, typeof Watch.method.watch.output>;

/** One stream with every kind of request, and writes in between; returns every response as JSON. */
async function watchScript(url: string): Promise<string[]> {
  await using connection = new RawConnection(url);
  const call: WatchCall = connection.open(rawMethod(Watch.method.watch));
  const seen: string[] = [];
  const take = async (count: number) => {
    for (let i = 0; i < count; i++) seen.push(toJsonString(WatchResponseSchema, (await call.next())!));
  };
  const create = (value: object) => call.send({ requestUnion: { case: 'createRequest', value } });
  const all = { key: utf8('k'), rangeEnd: utf8('l') };
  const put = (key: string) =>
    connection.call(rawMethod(KV.method.put), { key: utf8(key), value: utf8('w') });
  create({ ...all, startRevision: 5n });
  await take(2);
  create({ ...all, prevKv: true, watchId: 40n });
  await take(1);
  create({ ...all, watchId: 40n });
  await take(1);
  create({ key: utf8('k'), rangeEnd: utf8('a') });
  await take(1);
  create({ ...all, startRevision: -3n });
  await take(1);
  create({ ...all, startRevision: 1n });
  await take(2);
  call.send({ requestUnion: { case: 'cancelRequest', value: { watchId: 0n } } });
  await take(1);
  create({ ...all, filters: [0], watchId: 41n });
  await take(1);
  await put('k1');
  await take(1);
  await put('other');
  call.send({ requestUnion: { case: 'cancelRequest', value: { watchId: 40n } } });
  await take(1);
  call.send({ requestUnion: { case: 'cancelRequest', value: { watchId: 12_345n } } });
  const deleted = connection.call(rawMethod(KV.method.deleteRange), { key: utf8('k1') });
  await take(1);
  await deleted;
  call.endRequests();
  call.stream.close();
  return seen;
}

interface Served extends AsyncDisposable {
  readonly url: string;
  /** What it printed when it was ready. */
  readonly printed: string;
  /** Ctrl-C. */
  stop(): Promise<CliRun>;
}

async function serveByCli(argv: readonly string[]): Promise<Served> {
  const interrupt = new AbortController();
  const ready = Promise.withResolvers<string>();
  const running = runHoldfast(argv, {
    signal: interrupt.signal,
    onStdout: (text) => {
      if (text.endsWith('\n') && (text.includes('Ctrl-C') || text.startsWith('{'))) ready.resolve(text);
    },
  });
  void running.then(({ stderr }) => ready.reject(new Error(`serve ended: ${stderr}`)));
  const printed = await within(60_000, 'serve', ready.promise);
  const url = /https?:\/\/[\d.]+:\d+/.exec(printed)![0];
  const stop = () => {
    interrupt.abort();
    return within(60_000, 'the end of serve', running);
  };
  return {
    url,
    printed,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
