/**
 * Scripts of writes on two servers that are alike, one driven by etcdctl and one by us. Ids that differ from server to
 * server become names; revisions, texts and everything else have to be equal.
 */
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { join } from 'node:path';
import { type PeerLine, requirePeer } from '../peers/index.ts';
import { runEtcdctl } from '../support/etcdctl.ts';
import { type EtcdServer, startEtcd } from '../support/etcd-server.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

interface Step {
  readonly command: readonly string[];
  readonly stdin?: string | Uint8Array;
  /** Only the status is compared: the text is one that we word in another way. */
  readonly statusOnly?: boolean;
  /** Their status where it is not ours: etcdctl has its own numbers. */
  readonly theirStatus?: number;
  readonly ourStatus?: number;
  /** The older lines have no such flag, or read it otherwise. */
  readonly since36?: boolean;
}

const step = (line: string, more: Omit<Step, 'command'> = {}): Step => ({
  command: line.split(' '),
  ...more,
});

const allBytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);

const txnOfReads =
  'ver("a") > "0"\nval("a") = "one"\n\nget a\nget k --prefix --keys-only\nput t yes\n\nput t no\n\n';
const txnOfWrites = `mod("a") < "2"\n\nput t yes\n\nput t "no \\x41\\n" --prev-kv\ndel a --prev-kv\nget t\nput "two words" "x y"\n\n`;
const txnOfQuotes = `m("a") > "0"\n\nput 'two words' 'x z'\n\n\n`;
const txnOfBytes = 'c("nothing") = "0"\n\nput "\\xff\\x00" "\\u00e9"\nget "\\xff\\x00"\n\n\n';

const script: readonly Step[] = [
  step('put a one'),
  step('put a two --prev-kv'),
  step('put a one --prev-kv -w json'),
  step('put k1 x -w fields'),
  step('put k2 y --prev-kv -w fields'),
  step('put k2 --ignore-value --prev-kv -w json'),
  step('put html <a>&"\\ -w json'),
  step('put bin', { stdin: allBytes }),
  step('get bin --print-value-only'),
  step('put dash -- -1'),
  step('put -- -key -value'),
  step('get -- -key'),
  step('get a -w json'),
  step('txn', { stdin: txnOfReads }),
  step('txn -w json', { stdin: txnOfReads }),
  step('txn -w fields', { stdin: txnOfReads }),
  step('txn', { stdin: txnOfWrites }),
  step('txn -i -w simple', { stdin: txnOfBytes }),
  step('txn -w json', { stdin: '\n\n\n' }),
  step('txn -w json', { stdin: txnOfQuotes, since36: true }),
  step('get  --prefix -w json'),
  step('del nothing'),
  step('del k1 --prev-kv'),
  step('del k2 --prev-kv -w json'),
  step('del t --prev-kv -w fields'),
  step('put r1 1'),
  step('put r2 2'),
  step('put r3 3'),
  step('del r1 r3 --range', { since36: true }),
  step('del r --prefix'),
  step('compaction 6'),
  step('compaction 9 --physical'),
  step('get a --rev=6', { statusOnly: true, theirStatus: 1 }),
  step('compaction 3', { statusOnly: true, theirStatus: 1 }),
  step('compaction 100000', { statusOnly: true, theirStatus: 1 }),
  step('put k --ignore-value', { statusOnly: true, theirStatus: 1 }),
  step('put a b --lease=1234', { statusOnly: true, theirStatus: 1 }),
  step('lease revoke 1234', { statusOnly: true, theirStatus: 1 }),
  step('lease keep-alive 1234 --once', { statusOnly: true, theirStatus: 2, ourStatus: 1 }),
  step('del  --from-key --prev-kv -w json'),
  step('get  --prefix'),
];

for (const line of ['3.4', '3.5', '3.6', '3.7'] as const) {
  suite(`writes beside etcdctl ${line}`, () => {
    test('keys, transactions and compactions', async (t) => {
      await using pair = await startPair(t, line);
      if (pair === undefined) return;
      const isBefore36 = line === '3.4' || line === '3.5';
      for (const each of script) {
        if (each.since36 === true && isBefore36) continue;
        const what = each.command.join(' ');
        const theirs = await runEtcdctl(pair.theirs, each.command, inputOf(each));
        const ours = await runHoldfast(
          [`--endpoints=${pair.ours.clientUrl}`, ...each.command],
          inputOf(each),
        );
        assert.equal(theirs.exitCode, each.theirStatus ?? 0, `${what}: ${theirs.stderr}`);
        assert.equal(ours.exitCode, each.ourStatus ?? each.theirStatus ?? 0, `${what}: ${ours.stderr}`);
        if (each.statusOnly === true) continue;
        assert.equal(
          await pair.named(ours.stdoutBytes, 'ours'),
          await pair.named(theirs.stdoutBytes, 'theirs'),
          what,
        );
      }
    });

    test('leases', async (t) => {
      await using pair = await startPair(t, line);
      if (pair === undefined) return;
      const lease = { ours: '', theirs: '' };
      const run = async (words: string) => {
        const theirs = await runEtcdctl(pair.theirs, words.replace('LEASE', lease.theirs).split(' '));
        const ours = await runHoldfast([
          `--endpoints=${pair.ours.clientUrl}`,
          ...words.replace('LEASE', lease.ours).split(' '),
        ]);
        assert.equal(ours.exitCode, theirs.exitCode, `${words}: ${ours.stderr} ${theirs.stderr}`);
        const names = (text: string, id: string) =>
          text.replaceAll(id, 'LEASE').replaceAll(BigInt(`0x${id}`).toString(), 'LEASE-NUMBER');
        lease.ours ||= /lease ([0-9a-f]{16})/.exec(ours.stdout)![1]!;
        lease.theirs ||= /lease ([0-9a-f]{16})/.exec(theirs.stdout)![1]!;
        assert.equal(
          settled(names(await pair.named(ours.stdoutBytes, 'ours'), lease.ours)),
          settled(names(await pair.named(theirs.stdoutBytes, 'theirs'), lease.theirs)),
          words,
        );
      };
      await run('lease grant 5000');
      await run('put with-lease value --lease=LEASE');
      await run('put with-lease other --ignore-lease');
      await run('get with-lease -w json');
      await run('get with-lease -w fields');
      await run('lease timetolive LEASE');
      await run('lease timetolive LEASE --keys');
      await run('lease timetolive LEASE --keys -w json');
      await run('lease timetolive LEASE --keys -w fields');
      await run('lease list');
      await run('lease keep-alive LEASE --once');
      await run('lease keep-alive LEASE --once -w json');
      await run('lease keep-alive LEASE --once -w fields');
      await run('lease revoke LEASE');
      await run('get with-lease -w json');
      await run('lease keep-alive LEASE');
    });

    test('members', async (t) => {
      await using pair = await startPair(t, line);
      if (pair === undefined) return;
      // A learner has no vote, so that adding one that never comes does no harm.
      const added: Record<'ours' | 'theirs', string> = { ours: '', theirs: '' };
      const run = async (words: string) => {
        const theirs = await runEtcdctl(pair.theirs, words.replace('MEMBER', added.theirs).split(' '));
        const ours = await runHoldfast([
          `--endpoints=${pair.ours.clientUrl}`,
          ...words.replace('MEMBER', added.ours).split(' '),
        ]);
        assert.equal(ours.exitCode, theirs.exitCode, `${words}: ${ours.stderr} ${theirs.stderr}`);
        added.ours ||= /Member +([0-9a-f]+) added/.exec(ours.stdout)![1]!;
        added.theirs ||= /Member +([0-9a-f]+) added/.exec(theirs.stdout)![1]!;
        const names = (text: string, id: string) =>
          text
            .replaceAll(id.padStart(16), 'ADDED')
            .replaceAll(id, 'ADDED')
            .replaceAll(BigInt(`0x${id}`).toString(), 'ADDED-NUMBER');
        assert.deepEqual(
          byLine(names(await pair.named(ours.stdoutBytes, 'ours'), added.ours)),
          byLine(names(await pair.named(theirs.stdoutBytes, 'theirs'), added.theirs)),
          words,
        );
      };
      await run('member add m2 --learner --peer-urls=http://127.0.0.1:9999');
      await run('member list');
      await run('member update MEMBER --peer-urls=http://127.0.0.1:9998');
      await run('member promote MEMBER');
      await run('member remove MEMBER');
      await run('member remove MEMBER');
    });
  });
}

interface Pair extends AsyncDisposable {
  readonly ours: EtcdServer;
  readonly theirs: EtcdServer;
  /** Output with the ids and URLs of its server replaced by names. */
  named(stdout: Uint8Array, side: 'ours' | 'theirs'): Promise<string>;
}

async function startPair(t: TestContext, line: PeerLine): Promise<Pair | undefined> {
  const peer = await requirePeer(t, line);
  if (peer === undefined) return undefined;
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await tempDir('cli-write'));
  const start = async (name: string) => {
    const server = stack.use(await startEtcd({ peer, dataDir: join(dir.path, name) }));
    await server.ready();
    return server;
  };
  const servers = { ours: await start('ours'), theirs: await start('theirs') };
  const names = { ours: await namesOf(servers.ours), theirs: await namesOf(servers.theirs) };
  const running = stack.move();
  return {
    ...servers,
    named: (stdout, side) =>
      Promise.resolve(
        withoutPadding(
          names[side].reduce(
            (text, [from, to]) => text.replaceAll(from, to),
            inNewWords(Buffer.from(stdout).toString('latin1')),
          ),
        ),
      ),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function namesOf(server: EtcdServer): Promise<(readonly [string, string])[]> {
  const reply = (await runEtcdctl(server, ['member', 'list', '-w', 'json'])).stdout;
  const cluster = BigInt(/"cluster_id":(\d+)/.exec(reply)![1]!);
  const member = BigInt(/"member_id":(\d+)/.exec(reply)![1]!);
  return [
    [cluster.toString(), 'CLUSTER'],
    [cluster.toString(16), 'CLUSTER-HEX'],
    [member.toString(), 'MEMBER'],
    [member.toString(16), 'MEMBER-HEX'],
    [server.clientUrl, 'CLIENT-URL'],
    [server.peerUrl, 'PEER-URL'],
  ];
}

/** Texts that a later line has changed, in the words of the newest. */
function inNewWords(text: string): string {
  return text
    .replaceAll(/"Response(Range|Put|DeleteRange|Txn)":/g, (_, kind: string) => {
      return `"response${kind.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}":`;
    })
    .replace('added as learner to', 'added to');
}

/** Ids are printed in at least sixteen columns: one that begins with zeros has as many more spaces before it. */
function withoutPadding(text: string): string {
  return text.replaceAll(/ +(?=(CLUSTER|MEMBER)-HEX)/g, ' ');
}

function inputOf({ stdin }: Step): { readonly stdin?: string | Uint8Array } {
  return stdin === undefined ? {} : { stdin };
}

/** Seconds that a lease has left tick on between two runs. */
function settled(text: string): string {
  return text
    .replaceAll(/remaining\(\d+s\)/g, 'remaining(SOME)')
    .replaceAll(/"ttl":\d+/g, '"ttl":SOME')
    .replaceAll(/"TTL" : \d+/g, '"TTL" : SOME');
}

/** Members are listed in the order of their ids, which differs from server to server. */
function byLine(text: string): string[] {
  return text
    .split('\n')
    .map((line) =>
      line.replace(/ETCD_INITIAL_CLUSTER="(.*)"/, (_, list: string) => list.split(',').sort().join()),
    )
    .sort();
}
