/** Read commands, beside the etcdctl that belongs to the server: the same bytes on stdout, the same tables. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { join } from 'node:path';
import type { PeerLine } from '../peers/index.ts';
import { requirePeer } from '../peers/index.ts';
import { etcdctl, runEtcdctl } from '../support/etcdctl.ts';
import { type EtcdServer, startEtcd } from '../support/etcd-server.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';
import { tableCells } from './table-cells.ts';

const keyFlags: readonly (readonly string[])[] = [
  ['k'],
  ['k1'],
  ['nothing'],
  ['k', '--prefix'],
  ['', '--prefix'],
  ['', '--from-key'],
  ['k2', '--from-key'],
  ['k1', 'k3'],
  ['bin'],
  ['<html>&'],
];

const moreFlags: readonly (readonly string[])[] = [
  [],
  ['--limit=2'],
  ['--order=DESCEND'],
  ['--order=descend', '--limit', '3'],
  ['--sort-by=MODIFY'],
  ['--sort-by=CREATE', '--order=DESCEND'],
  ['--sort-by=VALUE'],
  ['--sort-by=VERSION', '--order=ASCEND'],
  ['--keys-only'],
  ['--consistency=s'],
  ['--rev=5'],
  ['--hex'],
  ['--keys-only', '--limit=0x2', '--order=ASCEND'],
];

const formats = ['simple', 'json', 'fields'] as const;

function getCommands(): string[][] {
  const commands: string[][] = [];
  // A third of the product still meets every pair of flag and format.
  for (const [index, key] of keyFlags.entries())
    for (const [turn, more] of moreFlags.entries())
      for (const [at, format] of formats.entries())
        if ((index + turn + at) % 3 === 0) commands.push(['get', ...key, ...more, '-w', format]);
  return commands;
}

const otherCommands: readonly (readonly string[])[] = [
  ['get', 'k', '--prefix', '--print-value-only'],
  ['get', 'k', '--prefix', '--min-mod-rev=4', '-w', 'json'],
  ['get', 'k', '--prefix', '--count-only', '-w', 'fields'],
  ['member', 'list'],
  ['member', 'list', '-w', 'json'],
  ['member', 'list', '--consistency=s', '-w', 'json'],
  ['endpoint', 'status'],
  ['endpoint', 'status', '-w', 'json'],
  ['endpoint', 'status', '-w', 'fields'],
  ['endpoint', 'status', '--cluster'],
  ['endpoint', 'hashkv'],
  ['endpoint', 'hashkv', '-w', 'json'],
  ['endpoint', 'hashkv', '-w', 'fields'],
  ['endpoint', 'hashkv', '--rev=4', '--cluster', '-w', 'json'],
  ['alarm', 'list'],
  ['alarm', 'list', '-w', 'json'],
  ['lease', 'list'],
  ['lease', 'list', '-w', 'json'],
  ['lease', 'list', '-w', 'fields'],
  ['lease', 'timetolive', '1234'],
  ['lease', 'timetolive', '1234', '--keys', '-w', 'json'],
  ['lease', 'timetolive', '1234', '-w', 'fields'],
];

/** What one release line prints in another way, or not at all; where two differ, ours follows the newest. */
const notIn: Readonly<Partial<Record<PeerLine, readonly RegExp[]>>> = {
  '3.4': [/count-only|min-mod-rev|member list --consistency/, /^alarm list -w json/, /--hex .*-w fields/],
  '3.5': [/min-mod-rev|member list --consistency/, /--hex .*-w fields/],
};

const tables: readonly (readonly string[])[] = [
  ['member', 'list'],
  ['endpoint', 'status'],
  ['endpoint', 'hashkv'],
];

function commandsFor(line: PeerLine): readonly (readonly string[])[] {
  const all = [...getCommands(), ...otherCommands].filter(
    (command) => !(notIn[line] ?? []).some((pattern) => pattern.test(command.join(' '))),
  );
  // The oldest and the newest are spot checks.
  return line === '3.5' || line === '3.6' ? all : all.filter((_, index) => index % 4 === 0);
}

for (const line of ['3.4', '3.5', '3.6', '3.7'] as const) {
  suite(`read commands beside etcdctl ${line}`, () => {
    let server: EtcdServer | undefined;
    let directory: TempDir | undefined;
    let unavailable: string | undefined;

    before(async () => {
      directory = await tempDir('cli-read');
      await fillServer(line, directory.path).then(
        (filled) => (server = filled),
        (error: unknown) => (unavailable = String(error)),
      );
    });
    after(async () => {
      await server?.stop();
      await directory?.[Symbol.asyncDispose]();
    });

    test('print the same bytes', async (t) => {
      if ((await requirePeer(t, line)) === undefined) return;
      assert.ok(server, unavailable);
      for (const command of commandsFor(line)) {
        const theirs = await runEtcdctl(server, command);
        const ours = await runHoldfast([`--endpoints=${server.clientUrl}`, ...command]);
        assert.equal(ours.exitCode, 0, `${command.join(' ')}: ${ours.stderr}`);
        assert.equal(theirs.exitCode, 0, `${command.join(' ')}: ${theirs.stderr}`);
        assert.equal(visible(ours.stdoutBytes), visible(theirs.stdoutBytes), command.join(' '));
      }
    });

    test('print the same tables, cell by cell', async (t) => {
      if ((await requirePeer(t, line)) === undefined) return;
      assert.ok(server, unavailable);
      for (const command of tables) {
        const theirs = await etcdctl(server, ['-w', 'table', ...command]);
        const ours = await runHoldfast([`--endpoints=${server.clientUrl}`, '-w', 'table', ...command]);
        assert.deepEqual(tableCells(ours.stdout), tableCells(theirs), command.join(' '));
        if (line === '3.7') assert.equal(ours.stdout, theirs, command.join(' '));
      }
    });

    test('judge health the same way', async (t) => {
      if ((await requirePeer(t, line)) === undefined) return;
      assert.ok(server, unavailable);
      for (const format of formats) {
        const theirs = await runEtcdctl(server, ['endpoint', 'health', '-w', format]);
        const ours = await runHoldfast([
          `--endpoints=${server.clientUrl}`,
          'endpoint',
          'health',
          '-w',
          format,
        ]);
        // 3.4 printed the simple sentence on stderr.
        const printed = line === '3.4' && format === 'simple' ? theirs.stderr : theirs.stdout;
        assert.equal(withoutTook(ours.stdout), withoutTook(printed), format);
        assert.equal(ours.exitCode, theirs.exitCode);
      }
    });
  });
}

/** Bytes as text that shows every one of them. */
function visible(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function withoutTook(text: string): string {
  return text.replaceAll(/[0-9.]+(ms|µs|s)/g, 'SOME TIME');
}

/** A server with keys of several revisions, a lease, a tombstone, bytes that are no text, and a compaction. */
async function fillServer(line: PeerLine, directory: string): Promise<EtcdServer> {
  const { peer } = await import('../peers/index.ts');
  await using starting = new AsyncDisposableStack();
  const server = starting.use(await startEtcd({ peer: await peer(line), dataDir: join(directory, 'data') }));
  await server.ready();
  const put = (args: readonly string[], stdin?: Uint8Array) =>
    etcdctl(server, ['put', ...args], stdin === undefined ? {} : { stdin });
  const grant = await etcdctl(server, ['lease', 'grant', '5000']);
  const lease = /lease ([0-9a-f]+) granted/.exec(grant)![1]!;
  for (const key of ['k1', 'k2', 'k3', 'k']) await put([key, `value of ${key}`]);
  await put(['k2', 'another value'], undefined);
  await put(['k3', 'with a lease', `--lease=${lease}`]);
  await put(['<html>&', '"quoted" \\ <tag>\u2028\u00ad é 😀']);
  await put(
    ['bin'],
    Uint8Array.from({ length: 256 }, (_, byte) => byte),
  );
  await etcdctl(server, ['del', 'k1']);
  await put(['k1', 'again']);
  await etcdctl(server, ['compaction', '4', '--physical']);
  starting.move();
  return server;
}
