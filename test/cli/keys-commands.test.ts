/** `keys` on files, beside the etcdctl of a server that runs on the same data. */
import assert from 'node:assert/strict';
import { cp, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { type Peer, requirePeer } from '../peers/index.ts';
import { etcdctl, runEtcdctl } from '../support/etcdctl.ts';
import { type EtcdServer, startEtcd } from '../support/etcd-server.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** A server with revisions, a lease, tombstones, bytes that are no text, and a compaction. */
async function fill(server: EtcdServer): Promise<string> {
  const put = (args: readonly string[], stdin?: Uint8Array) =>
    etcdctl(server, ['put', ...args], stdin === undefined ? {} : { stdin });
  const lease = /lease ([0-9a-f]+) granted/.exec(await etcdctl(server, ['lease', 'grant', '5000']))![1]!;
  for (const key of ['a', 'b', 'c', 'd']) await put([`k/${key}`, `value of ${key}`]);
  await put(['k/b', 'another value']);
  await put(['k/c', 'with a lease', `--lease=${lease}`]);
  await put(['k/e', '']);
  await put(['--', '-dash', '-1']);
  await put(['<html>&', '"quoted" \\ <tag>\u2028\u00ad é 😀\n']);
  await put(['bin'], everyByte);
  await etcdctl(server, ['del', 'k/a']);
  await put(['k/a', 'again']);
  await etcdctl(server, ['del', 'k/d']);
  // Done when it returns: the data dir is copied soon.
  await etcdctl(server, ['compaction', '4', '--physical']);
  return lease;
}

const keyWords: readonly (readonly string[])[] = [
  ['k/b'],
  ['nothing'],
  ['k/', '--prefix'],
  ['', '--from-key'],
  ['k/b', 'k/d'],
  ['k/e', 'k/b'],
  ['bin'],
];

const moreWords: readonly (readonly string[])[] = [
  [],
  ['--limit=2'],
  ['--order=DESCEND', '--limit=3'],
  ['--sort-by=MODIFY'],
  ['--sort-by=MODIFY', '--limit=2'],
  ['--sort-by=CREATE', '--order=DESCEND'],
  ['--sort-by=VALUE', '--keys-only'],
  ['--rev=6'],
  ['--keys-only', '--hex'],
  ['--min-mod-rev=7', '--limit=1'],
  ['--max-create-rev=4', '--consistency=s'],
];

/** What belongs to the member that answers, and no file knows. */
function withoutMember(text: string): string {
  return text
    .replace(/"cluster_id":\d+,"member_id":\d+,/, '')
    .replace(/,"raft_term":\d+/, '')
    .replace(/^"(ClusterID|MemberID|RaftTerm)" : [0-9a-f]+\n/gm, '');
}

suite('keys', () => {
  let directory: TempDir;
  let server: EtcdServer;
  let snapshot: string;
  let dataDir: string;
  let lease: string;

  const keys = (words: readonly string[]) => runHoldfast(['keys', ...words]);
  const live = (words: readonly string[]) => runHoldfast([`--endpoints=${server.clientUrl}`, ...words]);

  async function start(peer: Peer, running: AsyncDisposableStack): Promise<void> {
    directory = running.use(await tempDir('keys'));
    server = running.use(await startEtcd({ peer, dataDir: join(directory.path, 'data') }));
    await server.ready();
    lease = await fill(server);
    snapshot = join(directory.path, 'snapshot.db');
    await etcdctl(server, ['snapshot', 'save', snapshot]);
    // What the database has not got yet lies in the log.
    dataDir = join(directory.path, 'copy');
    await cp(server.dataDir, dataDir, { recursive: true });
  }

  test('of files, live etcds and what became of them', async (t) => {
    const peer = await requirePeer(t, '3.6');
    if (peer === undefined) return;
    await using running = new AsyncDisposableStack();
    await start(peer, running);

    await t.test('get prints what etcdctl prints of the server', async () => {
      let compared = 0;
      for (const [index, key] of keyWords.entries())
        for (const [turn, more] of moreWords.entries()) {
          const format = (['simple', 'json', 'fields'] as const)[(index + turn) % 3]!;
          const words = [...key, ...more, '-w', format];
          const theirs = await runEtcdctl(server, ['get', ...words]);
          assert.equal(theirs.exitCode, 0, theirs.stderr);
          const source = (index + turn) % 2 === 0 ? snapshot : dataDir;
          const ours = await keys(['get', source, ...words]);
          assert.equal(ours.exitCode, 0, `${words.join(' ')}: ${ours.stderr}`);
          const latin = (bytes: Uint8Array) => withoutMember(Buffer.from(bytes).toString('latin1'));
          assert.equal(latin(ours.stdoutBytes), latin(theirs.stdoutBytes), words.join(' '));
          compared++;
        }
      assert.equal(compared, keyWords.length * moreWords.length);
      const words = ['k/', '--prefix', '--count-only', '-w', 'fields'];
      assert.equal(
        withoutMember((await keys(['get', snapshot, ...words])).stdout),
        withoutMember((await runEtcdctl(server, ['get', ...words])).stdout),
      );
      // Asked itself, a server says which member it is.
      const json = ['k/', '--prefix', '--rev=7', '-w', 'json'];
      const asked = await live(['keys', 'get', 'live', ...json]);
      assert.equal(asked.stdout, (await runEtcdctl(server, ['get', ...json])).stdout, asked.stderr);
    });

    await t.test('get refuses revisions that are gone or not there yet', async () => {
      for (const [revision, code] of [
        ['2', 'REVISION_COMPACTED'],
        ['99', 'REVISION_FUTURE'],
      ]) {
        const run = await keys(['get', snapshot, 'k/a', '--revision', revision!, '-w', 'json']);
        assert.equal(run.exitCode, 1);
        assert.equal((JSON.parse(run.stderr) as { error: { code: string } }).error.code, code);
      }
    });

    await t.test('list tells revision, version, lease and size, of every kind of source', async () => {
      const lists = [
        await keys(['list', snapshot]),
        await keys(['list', dataDir]),
        await keys(['list', join(dataDir, 'member', 'snap', 'db')]),
        await live(['keys', 'list', 'live']),
      ];
      const rows = lists[0]!.stdout.trimEnd().split('\n');
      assert.deepEqual(
        rows.slice(1).map((row) => row.replace(/ +/g, ' ').trim()),
        [
          '9 1 2 -dash',
          '10 1 30 <html>&',
          '11 1 256 bin',
          '13 1 5 k/a',
          '6 2 13 k/b',
          `7 2 ${lease} 12 k/c`,
          '8 1 0 k/e',
        ],
      );
      assert.equal(lists[1]!.stdout, lists[0]!.stdout);
      assert.equal(lists[3]!.stdout, lists[0]!.stdout);
      // The bare database may be behind its log.
      assert.equal(lists[2]!.exitCode, 0, lists[2]!.stderr);
      assert.equal((await keys(['list', snapshot, '--count-only'])).stdout, '7\n');
      const some = await keys(['list', dataDir, 'k/', '--prefix', '--keys-only', '--limit=2', '--hex']);
      assert.equal(some.stdout, '\\x6b\\x2f\\x61\n\\x6b\\x2f\\x62\n');
      const json = JSON.parse((await keys(['list', snapshot, 'k/b', '-w', 'json'])).stdout) as object;
      assert.deepEqual(json, {
        source: snapshot,
        revision: 14,
        keys: [
          {
            key: Buffer.from('k/b').toString('base64'),
            create_revision: 3,
            mod_revision: 6,
            version: 2,
            lease: 0,
            value_bytes: 13,
          },
        ],
      });
      assert.match((await keys(['list', snapshot, 'bin', '-w', 'table'])).stdout, /│ bin │ .* 256 │/);
    });

    await t.test('history tells each revision that is held, deletions too', async () => {
      const expected = ['12  deleted', '13  created  version 1, 5 bytes', '    again'];
      for (const source of [snapshot, dataDir]) {
        const { stdout } = await keys(['history', source, 'k/a', '--values']);
        assert.deepEqual(stdout.trimEnd().split('\n').slice(-3), expected);
      }
      const leased = await live(['keys', 'history', 'live', 'k/c']);
      assert.match(leased.stdout, new RegExp(`^7  changed  version 2, 12 bytes, lease ${lease}$`, 'm'));
      const before = await keys(['history', snapshot, 'k/d', '--revision', '7']);
      assert.equal(before.stdout, '5  created  version 1, 10 bytes\n');
      const none = await keys(['history', snapshot, 'nothing']);
      assert.deepEqual(
        [none.exitCode, none.stdout, none.stderr],
        [0, '', 'No revision of this key is held.\n'],
      );
      const binary = await keys(['history', snapshot, 'bin', '--values']);
      assert.ok(
        binary.stdout.endsWith(`    base64 ${Buffer.from(everyByte).toString('base64')}
`),
      );
    });

    await t.test(
      'what is exported goes back through txn, byte for byte, and diff finds what changed',
      async (t2) => {
        const jsonLines = join(directory.path, 'keys.jsonl');
        const exported = await keys(['export', dataDir, '--out', jsonLines]);
        assert.deepEqual([exported.exitCode, exported.stdout], [0, ''], exported.stderr);
        assert.equal((await stat(jsonLines)).mode & 0o777, 0o600);
        const records = (await readFile(jsonLines, 'utf8')).trimEnd().split('\n');
        const theirs = (await runEtcdctl(server, ['get', '', '--from-key', '-w', 'json'])).stdout;
        // What etcdctl leaves out, as it is 0 or empty, an export writes.
        const sparse = records.map((line) => line.replace(',"lease":0', '').replace(/,"value":""/, ''));
        const inTheirOrder = sparse.map((line) => line.replace(/(,"lease":\d+)(,"value":"[^"]*")/, '$2$1'));
        assert.ok(theirs.includes(`"kvs":[${inTheirOrder.join(',')}]`), theirs);
        const again = await keys(['export', snapshot, '--out', jsonLines]);
        assert.equal(again.exitCode, 4);
        assert.equal((await keys(['export', snapshot, '--out', jsonLines, '--force'])).exitCode, 0);
        assert.equal((await keys(['export', snapshot])).stdout, await readFile(jsonLines, 'utf8'));

        const other = await startEtcd({ peer, dataDir: join(directory.path, 'other') });
        t2.after(() => other.stop());
        await other.ready();
        const puts = (await keys(['export', snapshot, '--format', 'put'])).stdout;
        const toOther = [`--endpoints=${other.clientUrl}`];
        const txn = await runHoldfast([...toOther, 'txn'], { stdin: `\n${puts}\n\n` });
        assert.equal(txn.stdout.split('\n')[0], 'SUCCESS', txn.stderr);
        const difference = await runHoldfast([...toOther, 'keys', 'diff', snapshot, 'live']);
        // Leases do not go with them.
        assert.equal(difference.stdout, `changed k/c\n    ~ lease ${lease} -> 0000000000000000\n`);

        await etcdctl(other, ['put', 'k/b', 'two\nlines']);
        await etcdctl(other, ['del', 'bin']);
        await etcdctl(other, ['put', 'new', '1']);
        const later = await runHoldfast([...toOther, 'keys', 'diff', dataDir, 'live', '--values']);
        assert.equal(later.exitCode, 0);
        assert.equal(later.stderr, '1 added, 1 removed, 2 changed; 4 the same\n');
        assert.ok(
          later.stdout.includes('changed k/b\n    - another value\n    + two\n    + lines\n'),
          later.stdout,
        );
        assert.ok(later.stdout.endsWith('added new\n    + 1\n'), later.stdout);
        assert.match(later.stdout, /^removed bin\n {4}- base64 AAEC/);
        const json = JSON.parse(
          (await runHoldfast([...toOther, 'keys', 'diff', dataDir, 'live', 'k/', '--prefix', '-w', 'json']))
            .stdout,
        ) as { keys: { change: string }[]; changed: number; unchanged: number };
        assert.deepEqual([json.keys.length, json.changed, json.unchanged], [2, 2, 2]);
      },
    );
  });
});
