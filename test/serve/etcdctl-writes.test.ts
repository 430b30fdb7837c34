/**
 * The real etcdctl of every line writes the same script to `serve --writable` and to the real etcd on the same data:
 * the same output for every call, the same events for watches that look on, the same hash at the end.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Peer, peerLines, requirePeer } from '../peers/index.ts';
import { openTestClient } from '../support/etcd-client.ts';
import { maskReads, type SideBySide, startSideBySide } from './beside-etcd.ts';
import { sameAnswer } from './compare-calls.ts';
import type { ReadCall } from './read-calls.ts';
import { LeaseNames } from './lease-names.ts';
import { hashCalls, lastCalls, liveWatches, longScript, shortScript } from './write-calls.ts';

/** The line that has the long script, too. */
const longLine = '3.6';

test('etcdctl of every line writes to serve what it writes to the real etcd', async (t) => {
  const server = await requirePeer(t, '3.6');
  if (server === undefined) return;
  await using both = await startSideBySide(server, ['--writable']);
  for (const line of peerLines) {
    const client = await requirePeer(t, line);
    if (client === undefined) return;
    const revision = await currentRevision(both);
    const calls = [
      ...shortScript(line, both.data),
      ...(line === longLine ? longScript(both.data, revision) : []),
      ...lastCalls(),
    ];
    const { answered, events } = await play(client, both, calls, liveWatches(revision + 1n));
    await play(client, both, hashCalls(await currentRevision(both)));
    t.diagnostic(
      `etcdctl ${client.version}: ${calls.length} calls, ${answered} answered, ${events} lines of events`,
    );
    assert.ok(answered > calls.length / 2, 'most are answered with more than an error');
    assert.ok(events > 20, 'the watches have seen them');
  }
});

async function play(
  client: Peer,
  both: SideBySide,
  calls: readonly ReadCall[],
  watches: readonly ReadCall[] = [],
) {
  const servers = both.endpoints(client.line);
  const leases = new LeaseNames();
  const ask = (call: ReadCall) =>
    sameAnswer(client, servers, leases.tell(call), (text, asked, side) =>
      leases.hide(maskReads(text, asked), side),
    );
  const watching = Promise.all(watches.map(ask));
  // It is looked at after the script, which may throw first.
  watching.catch(() => {});
  let answered = 0;
  for (const call of calls) {
    const { exitCode, stderr } = await ask(call);
    assert.doesNotMatch(stderr, /unknown (flag|command)/, call.args.join(' '));
    if (exitCode === 0 || exitCode === undefined) answered++;
  }
  const seen = await watching;
  for (const { exitCode, stderr } of seen) assert.equal(exitCode, undefined, `a watch has ended: ${stderr}`);
  const lines = seen.map(({ stdout }) => stdout.split('\n').length);
  return { answered, events: lines.reduce((sum, more) => sum + more, 0) };
}

async function currentRevision(both: SideBySide): Promise<bigint> {
  await using client = openTestClient(both.real);
  return (await client.maintenance.status({})).header!.revision;
}
