/** `watch` beside etcdctl's: history is printed the same, and each ends the way it should. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { type PeerLine, requirePeer } from '../peers/index.ts';
import { etcdctl } from '../support/etcdctl.ts';
import { type EtcdServer, startEtcd } from '../support/etcd-server.ts';
import { environment } from '../support/run-command.ts';
import { type CliRun, runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

/** For a watch that does not print what is waited for. */
const limitMs = 60_000;

/** What etcdctl has printed when it has printed the last event, the end of `w` in revision 5. */
const endOfHistory = {
  simple: /DELETE\n(?:w\n2<\n)?w\n\n$/,
  json: /"mod_revision":5[,}].*\n$/,
  fields: /"ModRevision" : 5\n(?:"(?!ModRevision).*\n)*"Lease" : 0\n+$/,
} as const;

for (const line of ['3.5', '3.6', '3.7'] as const) {
  suite(`watch beside etcdctl ${line}`, () => {
    test('prints the same history in every format', async (t) => {
      await using watched = await startWatched(t, line);
      if (watched === undefined) return;
      const { server } = watched;
      for (const words of [
        'watch w --rev=2',
        'watch w --rev=2 --prev-kv',
        'watch w x --rev 2',
        'watch w --prefix --rev 3',
      ])
        for (const format of ['simple', 'json', 'fields'] as const) {
          const command = [...words.split(' '), '-w', format];
          // The newest line tells a reason for cancelling, which is empty here.
          const printed = await theirOutput(server, command, endOfHistory[format]);
          const theirs = printed.replaceAll(',"CancelReason":""', '');
          const ours = await ourOutput(server, command, theirs.length);
          assert.equal(ours.stdout, theirs, command.join(' '));
          assert.equal(ours.exitCode, 130);
          assert.equal(ours.stderr, '', 'ending a watch is no failure');
        }
    });
  });
}

test('a program runs for each event, and knows it from its environment', async (t) => {
  await using watched = await startWatched(t, '3.6');
  if (watched === undefined) return;
  const script = 'echo "$ETCD_WATCH_REVISION $ETCD_WATCH_EVENT_TYPE $ETCD_WATCH_KEY $ETCD_WATCH_VALUE"';
  const run = await ourOutput(
    watched.server,
    ['watch', 'w', '--rev=2', '-w', 'json', '--', 'sh', '-c', script],
    (text) => text.includes('DELETE'),
  );
  const lines = run.stdout.split('\n').filter((text) => text !== '' && !text.startsWith('{'));
  assert.deepEqual(lines, ['5 "PUT" "w" "1"', '5 "PUT" "w" "2<"', '5 "DELETE" "w" ""']);
});

test('a program that fails ends the watch', async (t) => {
  await using watched = await startWatched(t, '3.6');
  if (watched === undefined) return;
  const command = ['watch', 'w', '--rev=2', '--', 'sh', '-c', 'exit 7'];
  const run = await runHoldfast([`--endpoints=${watched.server.clientUrl}`, ...command]);
  assert.equal(run.exitCode, 1);
  assert.match(run.stderr, /^Error: sh ended with 7$/m);
});

test('interactive: watches and progress by line', async (t) => {
  await using watched = await startWatched(t, '3.6');
  if (watched === undefined) return;
  const { server } = watched;
  let printed = '';
  const sees = async (text: string) => {
    while (!printed.includes(text)) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  async function* lines() {
    yield Buffer.from('watch w --rev=5\nnonsense\n');
    await sees('DELETE');
    yield Buffer.from('prog');
    yield Buffer.from('ress\n');
    await sees('progress notify');
  }
  const run = await runHoldfast([`--endpoints=${server.clientUrl}`, 'watch', '-i'], {
    stdin: lines(),
    onStdout: (text) => (printed = text),
  });
  assert.equal(run.stdout, 'DELETE\nw\n\nprogress notify: 5\n');
  assert.equal(run.stderr, 'Invalid command nonsense (only support watch)\n');
  assert.equal(run.exitCode, 0);
});

test('a compacted revision is told, with status 1', async (t) => {
  await using watched = await startWatched(t, '3.6');
  if (watched === undefined) return;
  await etcdctl(watched.server, ['compaction', '4']);
  const run = await runHoldfast([
    `--endpoints=${watched.server.clientUrl}`,
    'watch',
    'w',
    '--rev=2',
    '-w',
    'json',
  ]);
  assert.equal(run.exitCode, 1);
  assert.equal(run.stdout, '');
  const { error } = JSON.parse(run.stderr) as { error: { code: string } };
  assert.equal(error.code, 'REVISION_COMPACTED');
});

test('key and range may come from the environment, but not twice', async (t) => {
  await using watched = await startWatched(t, '3.6');
  if (watched === undefined) return;
  const env = { ETCDCTL_WATCH_KEY: 'w', ETCDCTL_WATCH_RANGE_END: 'x' };
  const run = await ourOutput(watched.server, ['watch', '--rev=2'], (text) => text.includes('DELETE'), env);
  assert.match(run.stdout, /^PUT\nw\n1\n/);
  const twice = await runHoldfast(['watch', 'w'], { env });
  assert.equal(twice.exitCode, 2);
  const alone = await runHoldfast(['watch'], { env: { ETCDCTL_WATCH_RANGE_END: 'x' } });
  assert.equal(alone.exitCode, 2);
});

interface Watched extends AsyncDisposable {
  readonly server: EtcdServer;
}

/** Revisions 2 to 5: two values of `w`, one of `wx`, and the end of `w`. */
async function startWatched(t: TestContext, line: PeerLine): Promise<Watched | undefined> {
  const peer = await requirePeer(t, line);
  if (peer === undefined) return undefined;
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await tempDir('cli-watch'));
  const server = stack.use(await startEtcd({ peer, dataDir: join(dir.path, 'data') }));
  await server.ready();
  for (const words of ['put w 1', 'put w 2<', 'put wx other', 'del w'])
    await etcdctl(server, words.split(' '));
  const running = stack.move();
  return { server, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** What etcdctl prints of the history, up to its end. */
async function theirOutput(server: EtcdServer, command: readonly string[], end: RegExp): Promise<string> {
  const child = spawn(server.peer.etcdctl, [`--endpoints=${server.clientUrl}`, ...command], {
    env: environment({ ETCDCTL_API: '3' }),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const closed = once(child, 'close');
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    if (end.test(text)) child.kill();
  });
  const limit = setTimeout(() => child.kill(), limitMs);
  await closed;
  clearTimeout(limit);
  assert.match(text, end, command.join(' '));
  return text;
}

/** Runs our watch until it has printed enough, then interrupts it. */
async function ourOutput(
  server: EtcdServer,
  command: readonly string[],
  enough: number | ((text: string) => boolean),
  env: Readonly<Record<string, string>> = {},
): Promise<CliRun> {
  const stop = new AbortController();
  const isEnough = typeof enough === 'number' ? (text: string) => text.length >= enough : enough;
  const limit = setTimeout(() => stop.abort(), limitMs);
  const run = await runHoldfast([`--endpoints=${server.clientUrl}`, ...command], {
    signal: stop.signal,
    env,
    onStdout: (text) => {
      if (isEnough(text)) stop.abort();
    },
  });
  clearTimeout(limit);
  return run;
}
