/**
 * The same snapshot restored twice in a row, with writes in between: by `recover`, and as the documented procedure has
 * it, by `etcdutl` with a bump of a fixed size. docs/explanation/revisions-after-a-restore.md tells what comes out.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { utf8 } from '../../src/base/index.ts';
import type { EtcdClient, WatchResponse } from '../../src/etcd/index.ts';
import { type PeerLine, requirePeer } from '../peers/index.ts';
import { openTestClient } from '../support/etcd-client.ts';
import { etcdctl, etcdutl } from '../support/etcdctl.ts';
import { choosePorts, type EtcdServer, memberUrls, startEtcd } from '../support/etcd-server.ts';
import { tempDir } from '../support/temp-dir.ts';
import { within } from '../support/waiting.ts';
import { startOldWatch } from './old-watch.ts';
import { cachedList, openRecoverSandbox, writeMore } from './recover-sandbox.ts';

const fixedBump = 1_000_000_000n;

test('recover, twice with the same snapshot', async (t) => {
  await using sandbox = await openRecoverSandbox(t, '3.6');
  if (sandbox === undefined) return;
  const { plane } = sandbox;
  const seen: bigint[] = [];
  for (const round of ['1', '2']) {
    await writeMore(plane, round);
    await using client = plane.openEtcd();
    const before = await revisionOf(client);
    const watch = await startOldWatch(client, before + 1_000n);
    const run = await sandbox.recover(['--yes', '-w', 'json']);
    assert.equal(run.exitCode, 0, run.stderr);
    const { revision } = JSON.parse(run.stdout) as { revision: { target: string } };
    const target = BigInt(revision.target);
    assert.equal(
      await watch.compactedAt(),
      target,
      `round ${round}: a watch from before is told to begin anew`,
    );
    assert.deepEqual(await cachedList(plane), sandbox.savedList);
    seen.push(before, target);
  }
  t.diagnostic(`recover: ${seen.join(' < ')}`);
  for (const [index, revision] of seen.entries())
    assert.ok(index === 0 || revision > seen[index - 1]!, seen.join(' < '));
});

for (const line of ['3.5', '3.6'] as const)
  test(`etcdutl ${line} with a fixed bump, twice with the same snapshot`, (t) => showsFixedBump(t, line));

/** What is asserted here is not what anybody wants; it is what happens. */
async function showsFixedBump(t: TestContext, line: PeerLine): Promise<void> {
  const peer = await requirePeer(t, line);
  if (peer === undefined) return;
  await using dir = await tempDir(`twice-${line}`);
  const ports = await choosePorts();
  const snapshot = join(dir.path, 'snapshot.db');
  const start = (name: string) => startEtcd({ peer, ports, dataDir: join(dir.path, name) });
  const restore = async (name: string): Promise<EtcdServer> => {
    const bump = ['--bump-revision', String(fixedBump), '--mark-compacted'];
    const peerUrl = memberUrls(ports, undefined).peer;
    const member = ['--initial-cluster', `default=${peerUrl}`, '--initial-advertise-peer-urls', peerUrl];
    const target = ['--data-dir', join(dir.path, name)];
    await etcdutl(peer, ['snapshot', 'restore', snapshot, ...bump, ...member, ...target]);
    await using starting = new AsyncDisposableStack();
    const server = starting.use(await start(name));
    await server.ready();
    starting.move();
    return server;
  };
  const revisions: bigint[] = [];
  await using client = openTestClient({ clientUrl: memberUrls(ports, undefined).client, tls: undefined });
  await using first = await start('first');
  await first.ready();
  await writeKeys(client, 'before the snapshot', 100);
  await etcdctl(first, ['snapshot', 'save', snapshot]);
  await writeKeys(client, 'after the snapshot', 50);
  revisions.push(await revisionOf(client));
  const early = await startOldWatch(client, revisions[0]! + 1n);
  await first.kill();

  await using second = await restore('second');
  revisions.push(await revisionOf(client));
  assert.equal(await early.compactedAt(), revisions[1]);
  await writeKeys(client, 'after the first restore', 50);
  revisions.push(await revisionOf(client));
  const late = client.watch({ ...everything, startRevision: revisions[2]! + 1n })[Symbol.asyncIterator]();
  const created = await within(30_000, 'a watch is created', late.next());
  assert.ok(created.done !== true && created.value.created);
  await second.kill();

  await using third = await restore('third');
  revisions.push(await revisionOf(client));
  assert.equal(revisions[3], revisions[1], 'the second restore begins where the first began');
  assert.ok(revisions[3]! < revisions[2]!, 'the revision has gone back');
  await writeKeys(client, 'after the second restore', 60);
  const event = await firstEvent(late);
  t.diagnostic(`etcd ${third.peer.version}: ${revisions.join(' -> ')}; the first event is of "${event}"`);
  assert.equal(event, 'after the second restore 50', 'fifty writes went by unseen');
}

const everything = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };

/** The key of the first event that a watch is told of. */
async function firstEvent(watch: AsyncIterator<WatchResponse>): Promise<string> {
  for (;;) {
    const next = await within(60_000, 'a watch is told something', watch.next());
    assert.ok(next.done !== true);
    const key = next.value.events[0]?.kv?.key;
    if (key !== undefined) return Buffer.from(key).toString();
  }
}

async function writeKeys(client: EtcdClient, name: string, count: number): Promise<void> {
  for (let index = 0; index < count; index++)
    await client.kv.put({ key: utf8(`${name} ${index}`), value: utf8('value') });
}

async function revisionOf(client: EtcdClient): Promise<bigint> {
  return (await client.maintenance.status({})).header!.revision;
}
