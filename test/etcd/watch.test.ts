import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { hasCode, operationContext, utf8 } from '../../src/base/index.ts';
import {
  type EtcdClient,
  Event_EventType,
  openEtcdClient,
  prefixEnd,
  type WatchResponse,
  type WatchStream,
} from '../../src/etcd/index.ts';
import { type PeerLine, peerLines, requirePeer } from '../peers/index.ts';
import { clientOptions, openTestClient } from '../support/etcd-client.ts';
import { startCluster } from '../support/etcd-cluster.ts';
import { type EtcdServer, startEtcd } from '../support/etcd-server.ts';
import { tempDir } from '../support/temp-dir.ts';
import { within } from '../support/waiting.ts';

async function withServer(
  t: TestContext,
  line: PeerLine,
  work: (client: EtcdClient, server: EtcdServer) => Promise<void>,
): Promise<void> {
  const peer = await requirePeer(t, line);
  if (peer === undefined) return;
  await using dir = await tempDir('watch');
  await using server = await startEtcd({ peer, dataDir: `${dir.path}/data` });
  await server.ready();
  await using client = openTestClient(server);
  await work(client, server);
}

/** Reads a watch response by response, each within a limit. */
class Reader {
  readonly #responses: AsyncIterator<WatchResponse>;

  constructor(stream: WatchStream) {
    this.#responses = stream[Symbol.asyncIterator]();
  }

  /** The next response; fails when the watch has ended. */
  async next(): Promise<WatchResponse> {
    const next = await within(60_000, 'a response of the watch', this.#responses.next());
    assert.equal(next.done ?? false, false, 'the watch goes on');
    return next.value as WatchResponse;
  }

  async ends(): Promise<void> {
    const next = await within(60_000, 'the end of the watch', this.#responses.next());
    assert.equal(next.done, true);
  }
}

const put = (client: EtcdClient, key: string, value: string | Uint8Array) =>
  client.kv.put({ key: utf8(key), value: typeof value === 'string' ? utf8(value) : value });

const prefix = { key: utf8('w/'), rangeEnd: prefixEnd(utf8('w/')) };

for (const line of peerLines) {
  test(`a watch, etcd ${line}`, async (t) => {
    await withServer(t, line, async (client) => {
      await t.test('created, puts, deletes, previous values, progress, and its end', async () => {
        const stream = client.watch({ ...prefix, prevKv: true });
        const reader = new Reader(stream);
        const created = await reader.next();
        assert.deepEqual([created.created, created.events.length], [true, 0]);
        await put(client, 'w/a', '1');
        await put(client, 'other', 'x');
        await put(client, 'w/a', '2');
        await client.kv.deleteRange({ key: utf8('w/a') });
        const seen = [];
        while (seen.length < 3) {
          for (const { type, kv, prevKv } of (await reader.next()).events) {
            seen.push([
              type,
              Buffer.from(kv!.value).toString(),
              prevKv && Buffer.from(prevKv.value).toString(),
            ]);
          }
        }
        assert.deepEqual(seen, [
          [Event_EventType.PUT, '1', undefined],
          [Event_EventType.PUT, '2', '1'],
          [Event_EventType.DELETE, '', '2'],
        ]);
        stream.requestProgress();
        const progress = await reader.next();
        assert.equal(progress.events.length, 0);
        const { header } = await client.kv.range({ key: utf8('w/a') });
        assert.equal(progress.header?.revision, header?.revision);
        stream.cancel();
        await reader.ends();
      });

      await t.test('history from a revision on, then a start that is compacted away', async () => {
        const first = (await put(client, 'w/h', '1')).header!.revision;
        await put(client, 'w/h', '2');
        const reader = new Reader(client.watch({ key: utf8('w/h'), startRevision: first }));
        assert.equal((await reader.next()).created, true);
        const { events } = await reader.next();
        assert.deepEqual(
          events.map(({ kv }) => kv?.modRevision),
          [first, first + 1n],
        );

        await client.kv.compact({ revision: first + 1n, physical: true });
        const late = new Reader(client.watch({ key: utf8('w/h'), startRevision: first }));
        assert.equal((await late.next()).created, true);
        await assert.rejects(late.next(), (error) => {
          assert.ok(hasCode(error, 'REVISION_COMPACTED'));
          assert.equal(error.message, 'etcdserver: mvcc: required revision has been compacted');
          assert.equal(error.details['compactRevision'], Number(first) + 1);
          return true;
        });
      });

      await t.test('fragments of one revision are joined', async () => {
        const value = new Uint8Array(300_000).fill(1);
        const success = Array.from({ length: 4 }, (_, i) => ({
          request: { case: 'requestPut' as const, value: { key: utf8(`w/f${i}`), value } },
        }));
        await client.kv.txn({ success });
        const reader = new Reader(client.watch({ ...prefix, fragment: true, prevKv: true }));
        assert.equal((await reader.next()).created, true);
        // With the previous values one revision is more than a message may hold.
        await client.kv.txn({ success });
        const { events, fragment } = await reader.next();
        assert.deepEqual([events.length, fragment], [4, false]);
        const revision = events[0]!.kv!.modRevision;
        assert.ok(events.every(({ kv }) => kv?.modRevision === revision));
      });
    });
  });
}

test('a watch that the server refuses', async (t) => {
  await withServer(t, '3.6', async (client) => {
    const refused = new Reader(client.watch({ key: utf8('b'), rangeEnd: utf8('a') }));
    await assert.rejects(refused.next(), (error) => {
      assert.ok(hasCode(error, 'ETCD_ERROR'), String(error));
      assert.match(error.message, /watcher range is empty/);
      return true;
    });
  });
});

test('large events in fragments', async (t) => {
  await withServer(t, '3.6', async (client) => {
    const value = new Uint8Array(400_000).fill(1);
    const { header } = await put(client, 'w/0', value);
    for (let i = 1; i < 12; i++) await put(client, `w/${i}`, value);
    const request = { ...prefix, startRevision: header!.revision, fragment: true };
    const reader = new Reader(client.watch(request));
    assert.equal((await reader.next()).created, true);
    let events = 0;
    while (events < 12) {
      const response = await reader.next();
      assert.equal(response.fragment, false);
      events += response.events.length;
    }
    assert.equal(events, 12);
  });
});

test('a watch survives a restart of its server and misses nothing', async (t) => {
  await withServer(t, '3.5', async (client, server) => {
    const warnings: string[] = [];
    const log = { ...operationContext().log, warn: (message: string) => warnings.push(message) };
    await using watcher = openEtcdClient({ ...clientOptions(server), log });
    const reader = new Reader(watcher.watch(prefix));
    assert.equal((await reader.next()).created, true);
    await put(client, 'w/a', '1');
    assert.equal((await reader.next()).events.length, 1);
    await server.kill();
    await using again = await server.restart();
    await again.ready();
    await using writer = openTestClient(again);
    await put(writer, 'w/a', '2');
    await put(writer, 'w/a', '3');
    const seen: string[] = [];
    while (seen.length < 2) {
      const response = await reader.next();
      assert.equal(response.created, false, 'creation is told once');
      for (const { kv } of response.events) seen.push(Buffer.from(kv!.value).toString());
    }
    assert.deepEqual(seen, ['2', '3']);
    assert.ok(warnings.includes('watch interrupted, reconnecting'));
  });
});

test('a watch goes on at another member', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('watch');
  await using cluster = await startCluster({ peer, size: 3, directory: dir.path });
  const [first, second, third] = cluster.members;
  await using watcher = openTestClient(third!, first!, second!);
  await using writer = openTestClient(first!, second!);
  const reader = new Reader(watcher.watch(prefix));
  assert.equal((await reader.next()).created, true);
  await third!.kill();
  // It may have been the leader: a write before the others have chosen one fails.
  await first!.ready();
  await second!.ready();
  await put(writer, 'w/a', '1');
  assert.equal((await reader.next()).events.length, 1);
});

test('a lease is kept alive through a restart of its server', async (t) => {
  await withServer(t, '3.6', async (client, server) => {
    // All of the restart has to happen while it can still be alive.
    await client.lease.leaseGrant({ TTL: 20n, ID: 77n });
    const replies = client.lease.keepAlive(77n)[Symbol.asyncIterator]();
    const next = () => within(60_000, 'a reply', replies.next());
    assert.equal((await next()).done ?? false, false);
    await server.kill();
    await using again = await server.restart();
    assert.equal((await next()).done ?? false, false, 'renewed by the server that came back');
    await again.ready();
    await client.lease.leaseRevoke({ ID: 77n });
    // One more renewal may have been answered before.
    while ((await next()).done !== true);
  });
});
