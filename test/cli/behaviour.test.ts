/** What every command has in common: failures, statuses, variables, the record of a run. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { requirePeer } from '../peers/index.ts';
import { etcdctl } from '../support/etcdctl.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { freePorts } from '../support/free-ports.ts';
import { environment } from '../support/run-command.ts';
import { patience, runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

/** Wrong command lines: nothing is dialled, the status is 2, and one sentence says what is wrong. */
const wrongUsage: readonly (readonly [string, RegExp])[] = [
  ['nonsense', /unknown command 'nonsense'/],
  ['gte a', /unknown command 'gte'\nhint: Did you mean get\?/],
  ['snapshot svae x', /unknown command 'svae'\nhint: Did you mean save\?/],
  ['endpoint nonsense', /unknown command 'nonsense'\nhint: "holdfast endpoint --help" lists the commands\./],
  ['repo prune', /unknown command 'prune'\nhint: There is "holdfast backup prune"\./],
  ['status', /\nhint: There is "holdfast snapshot status" and "holdfast endpoint status"\./],
  ['get', /missing required argument 'key'\nhint: Usage: holdfast get <key> \[range_end\]/],
  ['get a b c', /too many arguments/],
  ['get a --prefx', /unknown option '--prefx'\nhint: Did you mean --prefix\?/],
  ['get a --limit=x', /'x' is invalid/],
  ['get a --rev', /argument missing/],
  ['get a --prefix=maybe', /invalid argument "maybe" for "--prefix" flag/],
  ['get a --prefix --from-key', /cannot be set at the same time/],
  ['get a b --prefix', /too many arguments, only accept one/],
  ['get a --order=up', /bad sort order up/],
  ['get a --sort-by=size', /bad sort target size/],
  ['get a --consistency=x', /Choose one of l, s/],
  ['get a --count-only', /--count-only is only for/],
  ['get a --print-value-only -w fields', /print-value-only/],
  ['get a --keys-only --count-only -w fields', /cannot be set at the same time/],
  ['get a -w protobuf', /'protobuf' is invalid\nhint: Choose one of simple, json, table, fields/],
  [
    'put a b -w table',
    /table not supported as output format\nhint: This command prints simple, json, fields/,
  ],
  ['put a', /needs 1 argument and input from stdin/],
  ['put a b --lease=xyz', /bad lease ID/],
  ['put a b --ignore-value', /needs only 1 argument/],
  ['compaction x', /bad revision/],
  ['lease grant x', /bad TTL/],
  ['lease revoke 0x10', /bad lease ID/],
  ['member remove xyz', /bad member ID/],
  ['member add a', /member peer urls not provided/],
  ['watch', /bad number of arguments/],
  ['watch a b --prefix', /mutually exclusive/],
  ['watch a --', /found separator --, but no commands/],
  ['get a --command-timeout=5', /such as 5s or 1m30s/],
  ['get a --command-timeout=-1s', /must not be negative/],
  ['get a --cacert=', /empty string is passed to --cacert/],
  ['get a --cert=x', /belong together/],
  ['get a --discovery-srv=example.org', /not supported/],
  ['get a --user=root', /no password is given/],
  ['get a --endpoints=ftp://x', /ftp/],
  ['get a --cacert=/does/not/exist', /open \/does\/not\/exist: no such file/],
  ['snapshot status', /missing required argument 'file'/],
  ['snapshot status /does/not/exist', /no such file/],
];

test('wrong usage ends with 2, one sentence and one hint', async () => {
  for (const [words, expected] of wrongUsage) {
    const run = await runHoldfast(words.split(' '));
    assert.equal(run.exitCode, 2, `${words}: ${run.stderr}`);
    assert.match(run.stderr, expected, words);
    assert.match(run.stderr, /^Error: .+\nhint: .+\n$/, words);
    assert.equal(run.stdout, '', words);
  }
});

test('with -w json a failure is one JSON document on stderr, wherever the flag stands', async () => {
  for (const words of [
    '-w json get',
    'get -w=json',
    'get --write-out json',
    'get a --limit=x --write-out=json',
  ]) {
    const run = await runHoldfast(words.split(' '));
    const { error } = JSON.parse(run.stderr) as { error: Record<string, unknown> };
    assert.deepEqual(Object.keys(error), ['code', 'message', 'hint', 'exitStatus'], words);
    assert.equal(error['exitStatus'], 2);
    assert.equal(run.exitCode, 2);
  }
});

test('with -w json a failure prints its document alone; what was done is told beside a result, or with --debug', async () => {
  await using dir = await tempDir('json-failure');
  const notThere = join(dir.path, 'not-there');
  const commands = [
    ['snapshot', 'restore', notThere, '--data-dir', join(dir.path, 'data')],
    ['snapshot', 'save', join(dir.path, 'saved.db'), '--endpoints=127.0.0.1:1'],
  ];
  for (const words of commands) {
    const run = await runHoldfast([...words, '-w', 'json']);
    assert.notEqual(run.exitCode, 0);
    assert.deepEqual(Object.keys(JSON.parse(run.stderr) as object), ['error'], run.stderr);
    const debug = await runHoldfast([...words, '-w', 'json', '--debug']);
    assert.match(debug.stderr, /\tinfo\t[^]*^\{"error"/m);
    const simple = await runHoldfast(words);
    assert.match(simple.stdout + simple.stderr, /\tinfo\t/);
  }
});

test('with -w json warnings before a failure are in its document, and beside a result they are lines', async () => {
  await using dir = await tempDir('json-warnings');
  const endpoint = `127.0.0.1:${(await freePorts(1))[0]!}`;
  const dead = await runHoldfast(['endpoint', 'status', `--endpoints=${endpoint}`, '-w', 'json']);
  const { error } = JSON.parse(dead.stderr) as { error: { exitStatus: number; warnings: string[] } };
  assert.equal(error.exitStatus, 5);
  assert.equal(error.warnings.length, 1);
  assert.match(error.warnings[0]!, new RegExp(`^Failed to get the status of endpoint ${endpoint} \\(`));

  const passphrase = join(dir.path, 'passphrase');
  await writeFile(passphrase, 'secret\n', { mode: 0o644 });
  const config = join(dir.path, 'holdfast.yaml');
  await writeFile(config, `repository:\n  passphrase-file: ${passphrase}\n`, { mode: 0o600 });
  const words = ['-w', 'json', '--config', config];
  const failed = await runHoldfast([...words, 'snapshot', 'status', join(dir.path, 'not-there')]);
  const told = (JSON.parse(failed.stderr) as { error: { warnings: string[] } }).error.warnings;
  assert.equal(told.length, 1);
  assert.match(told[0]!, /which everybody can read/);
  const debug = await runHoldfast([...words, '--debug', 'snapshot', 'status', join(dir.path, 'not-there')]);
  assert.match(debug.stderr, /\twarn\t[^]*^\{"error":\{(?!.*"warnings")/m);
  const done = await runHoldfast([...words, 'config', 'show']);
  assert.match(done.stderr, new RegExp(`^\\S+\\twarn\\t${told[0]!.replace(/[.*+?()[\]{}|$^]/g, '.')}\n$`));
});

test('help goes to stdout with status 0', async () => {
  for (const words of [
    '',
    '--help',
    'snapshot',
    'snapshot --help',
    'get --help',
    'get a -h',
    'member add -h',
  ]) {
    const run = await runHoldfast(words.split(' ').filter((word) => word !== ''));
    assert.equal(run.exitCode, 0, words);
    assert.match(run.stdout, /^Usage: holdfast/, words);
    assert.equal(run.stderr, '', words);
  }
});

test('help says first what a command does, and fits the terminal', async () => {
  const { stdout } = await runHoldfast(['backup', 'prune', '--help']);
  assert.match(
    stdout,
    /^Usage: .*\n\nFree the space that no backup needs\.\n\nBackups may be made meanwhile/,
  );
  assert.equal((await runHoldfast(['help', 'backup', 'prune'])).stdout, stdout);
  for (const columns of [72, 80, 100, 200]) {
    for (const words of [[], ['repo'], ['recover'], ['snapshot', 'verify'], ['backup', 'import']]) {
      const shown = await runHoldfast([...words, '--help'], { isTerminal: true, columns });
      // Lines to copy stay whole.
      const text = shown.stdout.replace(/^ {2}(# .*\n {2})?holdfast .*$/gm, '').split('\n');
      const widest = Math.max(...text.map((line) => line.length));
      assert.ok(widest <= Math.min(columns, 100), `${words.join(' ')} on ${columns}: ${widest}`);
      assert.ok(widest > Math.min(columns, 100) - 25, `${words.join(' ')} on ${columns}: ${widest}`);
    }
  }
});

test('version', async () => {
  const simple = await runHoldfast(['version']);
  assert.match(simple.stdout, /^holdfast version: \d+\.\d+\.\d+\nAPI version: 3\.\d+\n$/);
  assert.equal((await runHoldfast(['--version'])).stdout, simple.stdout);
  const { version } = JSON.parse((await runHoldfast(['version', '-w', 'json'])).stdout) as {
    version: string;
  };
  assert.match(version, /^\d+\.\d+\.\d+$/);
});

suite('unreachable endpoints', () => {
  const dead = async () => `127.0.0.1:${(await freePorts(1))[0]!}`;

  test('status 5 for every command that dials', async () => {
    const endpoint = await dead();
    await using dir = await tempDir('cli-dead');
    for (const words of [
      'get a',
      'put a b',
      'member list',
      'lease list',
      'alarm list',
      'alarm disarm',
      'endpoint status',
      'endpoint health',
      'endpoint hashkv',
      'endpoint status --cluster',
      'defrag',
      'watch a',
      'lease keep-alive 1',
      `snapshot save ${join(dir.path, 'never.db')}`,
    ]) {
      const run = await runHoldfast([`--endpoints=${endpoint}`, '--command-timeout=2s', ...words.split(' ')]);
      assert.equal(run.exitCode, 5, `${words}: ${run.stderr}`);
      assert.match(run.stderr, /^hint: /m, words);
      assert.equal(run.stdout, '', words);
    }
  });

  test('a list that is asked of one dead and one living endpoint prints what there is', async (t) => {
    const peer = await requirePeer(t, '3.6');
    if (peer === undefined) return;
    await using dir = await tempDir('cli-partial');
    await using server = await startEtcd({ peer, dataDir: join(dir.path, 'data') });
    await server.ready();
    const endpoint = await dead();
    const endpoints = `--endpoints=${endpoint},${server.clientUrl}`;
    const status = await runHoldfast([endpoints, 'endpoint', 'status']);
    assert.match(status.stdout, new RegExp(`^${server.clientUrl}, `));
    assert.match(status.stderr, new RegExp(`^Failed to get the status of endpoint ${endpoint} \\(`));
    assert.match(status.stderr, /^Error: 1 of 2 endpoints failed$/m);
    assert.equal(status.exitCode, 5);
    const health = await runHoldfast([endpoints, 'endpoint', 'health', '-w', 'json']);
    const rows = JSON.parse(health.stdout) as { endpoint: string; health: boolean; error?: string }[];
    assert.deepEqual(
      rows.map((row) => [row.endpoint, row.health]),
      [
        [endpoint, false],
        [server.clientUrl, true],
      ],
    );
    assert.equal(health.exitCode, 5);
    // Any other command goes on to the endpoint that answers.
    const get = await runHoldfast([endpoints, 'get', 'a', '-w', 'json']);
    assert.equal(get.exitCode, 0);
  });
});

suite('alarms', () => {
  test('make the cluster unhealthy with status 1, and can be listed and disarmed', async (t) => {
    const peer = await requirePeer(t, '3.6');
    if (peer === undefined) return;
    await using dir = await tempDir('cli-alarm');
    const extraArgs = ['--quota-backend-bytes=100000'];
    await using server = await startEtcd({ peer, dataDir: join(dir.path, 'data'), extraArgs });
    await server.ready();
    const run = (words: string, stdin = '') =>
      runHoldfast([`--endpoints=${server.clientUrl}`, ...words.split(' ')], { stdin });
    const put = await run('put big', 'x'.repeat(90_000));
    assert.equal(put.exitCode, 1);
    assert.match(put.stderr, /^Error: etcdserver: mvcc: database space exceeded\nhint: .*alarm disarm/);

    const list = await run('alarm list');
    assert.match(list.stdout, /^memberID:\d+ alarm:NOSPACE\n$/);
    assert.match((await run('alarm list -w fields')).stdout, /"AlarmType" : NOSPACE\n\n$/);
    assert.match((await run('alarm list -w json')).stdout, /"alarms":\[\{"memberID":\d+,"alarm":1\}\]/);
    const health = await run('endpoint health');
    assert.equal(health.exitCode, 1);
    assert.match(
      health.stderr,
      /is unhealthy: failed to commit proposal: Active Alarm\(s\): NOSPACE \nError: unhealthy cluster\n/,
    );
    const json = JSON.parse((await run('endpoint health -w json')).stdout) as { error: string }[];
    assert.equal(json[0]!.error, 'Active Alarm(s): NOSPACE ');

    assert.equal((await run('alarm disarm')).stdout, list.stdout);
    assert.equal((await run('alarm disarm -w json')).stdout, '{}\n');
    assert.equal((await run('alarm list')).stdout, '');
    assert.equal((await run('endpoint health')).exitCode, 0);
    assert.match(
      (await run('defrag')).stdout,
      /^Finished defragmenting etcd member\[http:.*\]\. took [\d.]+m?s\n$/,
    );
    assert.equal((JSON.parse((await run('defrag -w json')).stdout) as unknown[]).length, 1);
  });
});

suite("etcdctl's variables", () => {
  test('stand in for flags; a flag wins; an empty one counts as unset; a wrong one is named', async (t) => {
    const peer = await requirePeer(t, '3.5');
    if (peer === undefined) return;
    await using dir = await tempDir('cli-env');
    await using server = await startEtcd({ peer, dataDir: join(dir.path, 'data') });
    await server.ready();
    const env = {
      ...patience,
      ETCDCTL_ENDPOINTS: server.clientUrl,
      ETCDCTL_WRITE_OUT: 'json',
      ETCDCTL_CACERT: '',
      ETCDCTL_API: '3',
    };
    const get = await runHoldfast(['get', 'a'], { env });
    assert.match(get.stdout, /^\{"header":\{/, get.stderr);
    const flagWins = await runHoldfast(['get', 'a', '-w', 'fields', `--endpoints=${server.clientUrl}`], {
      env: { ...env, ETCDCTL_ENDPOINTS: '127.0.0.1:1' },
    });
    assert.match(flagWins.stdout, /^"ClusterID" : \d+/, flagWins.stderr);
    const hex = await runHoldfast(['get', 'a', '-w', 'fields'], { env: { ...env, ETCDCTL_HEX: 'true' } });
    assert.match(hex.stdout, /^"ClusterID" : [0-9a-f]+/);
    const wrong = await runHoldfast(['get', 'a'], { env: { ...env, ETCDCTL_COMMAND_TIMEOUT: 'soon' } });
    assert.equal(wrong.exitCode, 2);
    assert.match(wrong.stderr, /invalid value \\"soon\\" in ETCDCTL_COMMAND_TIMEOUT/);
  });

  test('flags stand before, between and after the words, and words may be cut short', async (t) => {
    const peer = await requirePeer(t, '3.5');
    if (peer === undefined) return;
    await using dir = await tempDir('cli-places');
    await using server = await startEtcd({ peer, dataDir: join(dir.path, 'data') });
    await server.ready();
    const { clientUrl } = server;
    const expected = (await runHoldfast(['member', 'list', '-w', 'json', '--endpoints', clientUrl])).stdout;
    for (const words of [
      ['--endpoints', clientUrl, '-w', 'json', 'member', 'list'],
      ['member', '--endpoints', clientUrl, '-wjson', 'list'],
      ['-w=json', 'mem', `--endpoints=${clientUrl}`, 'li'],
      [`--endpoints=${clientUrl}`, 'member', 'list', '--write-out=json', '--hex=false', '--debug=0'],
      ['member', 'list', '--endpoints=127.0.0.1:1', `--endpoints=${clientUrl}`, '-w', 'json'],
    ])
      assert.equal((await runHoldfast(words)).stdout, expected, words.join(' '));
  });
});

suite('users and passwords', () => {
  test('come from flags, from one flag or from the terminal', async (t) => {
    const peer = await requirePeer(t, '3.6');
    if (peer === undefined) return;
    await using dir = await tempDir('cli-auth');
    await using server = await startEtcd({ peer, dataDir: join(dir.path, 'data') });
    await server.ready();
    for (const words of ['user add root:secret', 'user grant-role root root', 'auth enable'])
      await etcdctl(server, words.split(' '));
    const run = (words: readonly string[], askSecret?: (prompt: string) => Promise<string>) =>
      runHoldfast(
        [`--endpoints=${server.clientUrl}`, ...words],
        askSecret === undefined ? {} : { askSecret },
      );
    assert.equal((await run(['put', 'a', 'b', '--user=root:secret'])).stdout, 'OK\n');
    assert.equal((await run(['get', 'a', '--user=root', '--password=secret'])).stdout, 'a\nb\n');
    const prompts: string[] = [];
    const asked = await run(['get', 'a', '--user', 'root'], (prompt) => {
      prompts.push(prompt);
      return Promise.resolve('secret');
    });
    assert.equal(asked.stdout, 'a\nb\n');
    assert.deepEqual(prompts, ['Password: ']);
    const without = await run(['get', 'a']);
    assert.equal(without.exitCode, 4);
    const wrong = await run(['get', 'a', '--user=root:wrong', '--debug']);
    assert.equal(wrong.exitCode, 4);
    assert.ok(!`${wrong.stdout}${wrong.stderr}`.includes('wrong'), 'a password never shows');
  });
});

suite('the record of a run', () => {
  test('--log-file is appended to, for the owner only; failures are in it, keys and values never', async (t) => {
    const peer = await requirePeer(t, '3.6');
    if (peer === undefined) return;
    await using dir = await tempDir('cli-log');
    await using server = await startEtcd({ peer, dataDir: join(dir.path, 'data') });
    await server.ready();
    const log = join(dir.path, 'holdfast.log');
    const run = (...words: string[]) =>
      runHoldfast([`--endpoints=${server.clientUrl}`, `--log-file=${log}`, '--debug', ...words]);
    await run('put', 'secret-key', 'secret-value');
    await run('snapshot', 'save', join(dir.path, 'one.db'));
    await run('snapshot', 'save', join(dir.path, 'one.db'));
    const text = await readFile(log, 'utf8');
    assert.equal((await stat(log)).mode & 0o777, 0o600);
    assert.match(text, /\tinfo\tsaved\t\{"path": ".*one\.db"\}\n/);
    assert.match(text, /\terror\t.*exists already\t\{"code": "FILE_EXISTS", "exit-status": 4\}\n/);
    assert.ok(!text.includes('secret'));
    for (const line of text.trimEnd().split('\n'))
      assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]+Z\t(debug|info|warn|error)\t/);
  });

  test('a log file that cannot be written is an error before anything is done', async () => {
    const run = await runHoldfast(['get', 'a', '--log-file=/does/not/exist/log']);
    assert.notEqual(run.exitCode, 0);
    assert.match(run.stderr, /^Error: append to \/does\/not\/exist\/log: no such file/);
  });
});

suite('as a process', () => {
  const start = (args: readonly string[]) =>
    spawn(process.execPath, [main, ...args], { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    test(`${signal} ends it with 130 and leaves no file`, async (t) => {
      const peer = await requirePeer(t, '3.6');
      if (peer === undefined) return;
      await using dir = await tempDir('cli-signal');
      await using server = await startEtcd({ peer, dataDir: join(dir.path, 'data') });
      await server.ready();
      await runHoldfast([`--endpoints=${server.clientUrl}`, 'put', 'w', '1']);
      const child = start([`--endpoints=${server.clientUrl}`, 'watch', 'w', '--rev=1']);
      await once(child.stdout, 'data');
      child.kill(signal);
      const [status] = (await once(child, 'exit')) as [number];
      assert.equal(status, 130);
    });

  test('a reader that goes away is no reason for noise', async (t) => {
    const peer = await requirePeer(t, '3.6');
    if (peer === undefined) return;
    await using dir = await tempDir('cli-pipe');
    await using server = await startEtcd({ peer, dataDir: join(dir.path, 'data') });
    await server.ready();
    const big = join(dir.path, 'big');
    await writeFile(big, 'x'.repeat(1_000_000));
    await runHoldfast([`--endpoints=${server.clientUrl}`, 'put', 'big'], { stdin: await readFile(big) });
    const child = start([`--endpoints=${server.clientUrl}`, 'get', 'big']);
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    await once(child.stdout, 'readable');
    child.stdout.destroy();
    const [status] = (await once(child, 'close')) as [number];
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });
});
