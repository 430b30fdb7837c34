/**
 * The real etcdctl of every line against `serve` and against the real etcd on the same data: the same output for every
 * reading command and option, out of a generated matrix. `HOLDFAST_SOAK=1` takes the whole matrix with every line.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Peer, type PeerLine, peerLines, requirePeer } from '../peers/index.ts';
import { etcdctl, runEtcdutl } from '../support/etcdctl.ts';
import { Random } from '../support/random.ts';
import { testSeed } from '../support/test-seed.ts';
import { maskReads, type SideBySide, startSideBySide } from './beside-etcd.ts';
import { inPairs, sameAnswer } from './compare-calls.ts';
import { type ReadCall, readCalls } from './read-calls.ts';

const isSoak = process.env['HOLDFAST_SOAK'] === '1';
/** The line that gets the whole matrix in any case. */
const wholeLine = '3.6';
const sampleSize = 30;

/** Files of 3.4 are served as by a 3.5, whose answers they get. */
const servers: readonly { readonly line: PeerLine; readonly clients: readonly PeerLine[] }[] = [
  { line: '3.5', clients: ['3.5'] },
  { line: wholeLine, clients: peerLines },
  { line: '3.7', clients: ['3.7'] },
];

for (const { line, clients } of servers)
  test(`etcdctl ${clients.join(', ')} reads the same from serve as from etcd ${line}`, async (t) => {
    const server = await requirePeer(t, line);
    if (server === undefined) return;
    const random = new Random(testSeed(t));
    await using both = await startSideBySide(server);
    for (const clientLine of clients) {
      const client = await requirePeer(t, clientLine);
      if (client === undefined) return;
      const all = await readCalls(client, both.data, random);
      const isWhole = isSoak || (line === wholeLine && clientLine === wholeLine);
      const calls = isWhole ? all : sampleOf(all, random);
      if (clientLine === wholeLine) assert.ok(calls.length >= 300);
      const outcomes = await compareReads(client, both, calls);
      t.diagnostic(`etcdctl ${client.version}: ${outcomes}`);
      await sameSnapshotStatus(client, both);
    }
  });

/** Returns what was done, for the reader; throws at the first difference. */
async function compareReads(client: Peer, both: SideBySide, calls: readonly ReadCall[]): Promise<string> {
  let answered = 0;
  await inPairs(calls, async (call) => {
    const { exitCode, stderr } = await sameAnswer(client, both.endpoints(client.line), call, maskReads);
    assert.doesNotMatch(stderr, /unknown (flag|command)/, call.args.join(' '));
    if (exitCode === 0 || exitCode === undefined) answered++;
  });
  assert.ok(answered > calls.length / 3, 'most are answered with more than an error');
  return `${calls.length} calls, ${answered} of them answered, ${calls.length - answered} refused`;
}

/** What is saved from ours holds the same; it is smaller, having no free pages. */
async function sameSnapshotStatus(client: Peer, both: SideBySide): Promise<void> {
  const saved = join(both.directory, `saved-${client.line}.db`);
  await etcdctl({ ...both.served, peer: client, clientUrl: both.endpoints(client.line).ours }, [
    ...['snapshot', 'save', saved],
  ]);
  const [theirs, ours] = await Promise.all(
    [both.snapshot, saved].map(async (file) => {
      const { stdout, stderr } = await runEtcdutl(client, ['snapshot', 'status', file, '-w', 'json']);
      assert.match(stdout, /^\{/, stderr);
      const { totalSize, ...status } = JSON.parse(stdout) as Record<string, unknown>;
      assert.equal(typeof totalSize, 'number');
      return status;
    }),
  );
  assert.deepEqual(ours, theirs);
}

function sampleOf(calls: readonly ReadCall[], random: Random): ReadCall[] {
  const left = [...calls];
  return Array.from({ length: sampleSize }, () => left.splice(random.int(0, left.length - 1), 1)[0]!);
}
