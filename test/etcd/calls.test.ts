import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ErrorCode, hasCode, utf8 } from '../../src/base/index.ts';
import {
  AlarmRequest_AlarmAction,
  AlarmType,
  Compare_CompareResult,
  Compare_CompareTarget,
  type EtcdClient,
  openEtcdClient,
  prefixEnd,
  RangeRequest_SortOrder,
  RangeRequest_SortTarget,
} from '../../src/etcd/index.ts';
import { type PeerLine, peerLines, requirePeer } from '../peers/index.ts';
import { clientOptions, openTestClient } from '../support/etcd-client.ts';
import { startCluster } from '../support/etcd-cluster.ts';
import { type EtcdServer, startEtcd } from '../support/etcd-server.ts';
import { freePort } from '../support/free-ports.ts';
import { createPki } from '../support/pki.ts';
import { tempDir } from '../support/temp-dir.ts';
import { eventually } from '../support/waiting.ts';

/** A fresh server over mutual TLS with a client, for one test. */
async function withServer(
  t: TestContext,
  line: PeerLine,
  work: (client: EtcdClient, server: EtcdServer) => Promise<void>,
): Promise<void> {
  const peer = await requirePeer(t, line);
  if (peer === undefined) return;
  await using dir = await tempDir('client');
  const tls = await createPki(`${dir.path}/pki`);
  await using server = await startEtcd({ peer, dataDir: `${dir.path}/data`, tls });
  await server.ready();
  await using client = openTestClient(server);
  await work(client, server);
}

function fails(work: Promise<unknown>, code: ErrorCode, message: string): Promise<void> {
  return assert.rejects(work, (error) => {
    assert.ok(hasCode(error, code), `${String(error)} has the code ${code}`);
    assert.equal(error.message, message);
    return true;
  });
}

const texts = (bytes: readonly { readonly key: Uint8Array }[]) =>
  bytes.map(({ key }) => Buffer.from(key).toString());

for (const line of peerLines) {
  test(`keys, transactions, leases, maintenance, etcd ${line}`, async (t) => {
    await withServer(t, line, async (client, server) => {
      const { kv, lease, maintenance, cluster } = client;

      const binary = Uint8Array.from({ length: 256 }, (_, i) => i);
      await kv.put({ key: binary, value: binary });
      const [back] = (await kv.range({ key: binary })).kvs;
      assert.deepEqual(back?.value, binary);
      assert.deepEqual([back.createRevision, back.modRevision, back.version, back.lease], [2n, 2n, 1n, 0n]);

      for (const key of ['p/b', 'p/a', 'p/c', 'q'])
        await kv.put({ key: utf8(key), value: utf8(`of ${key}`) });
      const prefix = utf8('p/');
      const page = await kv.range({
        key: prefix,
        rangeEnd: prefixEnd(prefix),
        limit: 2n,
        sortTarget: RangeRequest_SortTarget.KEY,
        sortOrder: RangeRequest_SortOrder.DESCEND,
      });
      assert.deepEqual(texts(page.kvs), ['p/c', 'p/b']);
      assert.deepEqual([page.count, page.more], [3n, true]);

      const overwritten = await kv.put({ key: utf8('q'), value: utf8('2'), prevKv: true });
      assert.equal(Buffer.from(overwritten.prevKv!.value).toString(), 'of q');
      const deleted = await kv.deleteRange({ key: prefix, rangeEnd: prefixEnd(prefix), prevKv: true });
      assert.deepEqual([deleted.deleted, deleted.prevKvs.length], [3n, 3]);

      const txn = await kv.txn({
        compare: [
          {
            key: utf8('q'),
            target: Compare_CompareTarget.VERSION,
            result: Compare_CompareResult.EQUAL,
            targetUnion: { case: 'version', value: 2n },
          },
        ],
        success: [{ request: { case: 'requestPut', value: { key: utf8('r'), value: utf8('1') } } }],
        failure: [{ request: { case: 'requestRange', value: { key: utf8('q') } } }],
      });
      assert.equal(txn.succeeded, true);
      assert.equal(txn.responses[0]?.response.case, 'responsePut');

      await kv.compact({ revision: txn.header!.revision, physical: true });
      await fails(
        kv.range({ key: utf8('q'), revision: 3n }),
        'REVISION_COMPACTED',
        'etcdserver: mvcc: required revision has been compacted',
      );
      await fails(
        kv.range({ key: utf8('q'), revision: 1000n }),
        'REVISION_FUTURE',
        'etcdserver: mvcc: required revision is a future revision',
      );
      await fails(kv.put({ key: new Uint8Array() }), 'ETCD_ERROR', 'etcdserver: key is not provided');
      await fails(
        kv.put({ key: utf8('x'), value: new Uint8Array(1.9 * 2 ** 20) }),
        'ETCD_ERROR',
        'etcdserver: request is too large',
      );

      const granted = await lease.leaseGrant({ TTL: 100n, ID: 0x7777n });
      assert.deepEqual([granted.ID, granted.TTL], [0x7777n, 100n]);
      await kv.put({ key: utf8('leased'), lease: 0x7777n });
      const left = await lease.leaseTimeToLive({ ID: 0x7777n, keys: true });
      assert.equal(left.grantedTTL, 100n);
      assert.deepEqual(
        left.keys.map((key) => Buffer.from(key).toString()),
        ['leased'],
      );
      assert.deepEqual(
        (await lease.leaseLeases({})).leases.map(({ ID }) => ID),
        [0x7777n],
      );
      assert.equal((await lease.keepAliveOnce(0x7777n)).TTL, 100n);
      for await (const reply of lease.keepAlive(0x7777n)) {
        assert.equal(reply.TTL, 100n);
        break;
      }
      await lease.leaseRevoke({ ID: 0x7777n });
      assert.equal((await kv.range({ key: utf8('leased') })).count, 0n);
      await fails(lease.keepAliveOnce(0x7777n), 'ETCD_ERROR', 'etcdserver: requested lease not found');
      for await (const reply of lease.keepAlive(0x7777n))
        assert.fail(`a reply of a lease that is gone: ${reply.TTL}`);

      const status = await maintenance.status({});
      assert.equal(status.version, server.peer.version);
      assert.equal(status.leader, status.header?.memberId);
      assert.ok(status.dbSize > 0n);
      const hash = await maintenance.hashKV({ revision: 0n });
      assert.equal(hash.compactRevision, txn.header!.revision);
      assert.deepEqual((await maintenance.alarm({})).alarms, []);
      await maintenance.defragment({});
      const { members } = await cluster.memberList({});
      assert.deepEqual(members[0]?.clientURLs, [server.clientUrl]);
      await fails(cluster.memberRemove({ ID: 1n }), 'ETCD_ERROR', 'etcdserver: member not found');

      const large = new Uint8Array(1 << 20).fill(7);
      for (let i = 0; i < 8; i++) await kv.put({ key: utf8(`large/${i}`), value: large });
      const all = await kv.range({ key: utf8('large/'), rangeEnd: prefixEnd(utf8('large/')) });
      assert.equal(all.kvs.length, 8, 'replies above gRPC’s usual limit of 4 MiB');
    });
  });

  test(`users and passwords, etcd ${line}`, async (t) => {
    await withServer(t, line, async (client, server) => {
      const { auth, kv } = client;
      const as = (name: string, password: string) =>
        openEtcdClient({ ...clientOptions(server), user: { name, password } });

      await using early = as('root', 'secret');
      assert.equal(
        (await early.kv.range({ key: utf8('a') })).count,
        0n,
        'a user where authentication is off',
      );

      await auth.userAdd({ name: 'root', password: 'secret' });
      await auth.userGrantRole({ user: 'root', role: 'root' });
      await auth.userAdd({ name: 'guest', password: 'guest' });
      await auth.authEnable({});

      // The certificate names somebody, whom etcd takes for the user.
      await fails(kv.range({ key: utf8('a') }), 'AUTH_REQUIRED', 'etcdserver: permission denied');
      await using root = as('root', 'secret');
      assert.equal((await root.kv.range({ key: utf8('a') })).count, 0n);
      await using wrong = as('root', 'wrong');
      await fails(
        wrong.kv.range({ key: utf8('a') }),
        'AUTH_FAILED',
        'etcdserver: authentication failed, invalid user ID or password',
      );
      await using guest = as('guest', 'guest');
      await fails(guest.kv.range({ key: utf8('a') }), 'PERMISSION_DENIED', 'etcdserver: permission denied');
      await fails(guest.auth.userList({}), 'PERMISSION_DENIED', 'etcdserver: permission denied');

      // A change of users makes every token old; a restart makes the server forget them.
      await root.auth.userAdd({ name: 'another', password: 'x' });
      await root.kv.put({ key: utf8('a'), value: utf8('1') });
      await server.stop();
      await using again = await server.restart();
      // `ready` asks without a user; the client's own attempt tells when the server is back.
      const reply = await eventually(60_000, 'the token is renewed', () => root.kv.range({ key: utf8('a') }));
      assert.equal(reply.count, 1n);

      for await (const { created } of root.watch({ key: utf8('a'), startRevision: 1n })) {
        assert.equal(created, true);
        break;
      }
      const denied = guest
        .watch({ key: utf8('a') })
        [Symbol.asyncIterator]()
        .next();
      await assert.rejects(denied, (error) => hasCode(error, 'PERMISSION_DENIED'));
      await root.auth.authDisable({});
      await again.stop();
    });
  });
}

test('without certificates a forgotten user is nobody', async (t) => {
  const peer = await requirePeer(t, '3.5');
  if (peer === undefined) return;
  await using dir = await tempDir('client');
  await using server = await startEtcd({ peer, dataDir: `${dir.path}/data` });
  await server.ready();
  await using client = openTestClient(server);
  await client.auth.userAdd({ name: 'root', password: 'secret' });
  await client.auth.userGrantRole({ user: 'root', role: 'root' });
  await client.auth.authEnable({});
  await fails(client.kv.range({ key: utf8('a') }), 'AUTH_REQUIRED', 'etcdserver: user name is empty');
});

test('several endpoints', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('client');
  await using cluster = await startCluster({ peer, size: 3, directory: dir.path });
  const [first, second, third] = cluster.members;
  const dead = `http://127.0.0.1:${await freePort()}`;

  await t.test('writes and reads go to the next endpoint when the first cannot be reached', async () => {
    await using client = openEtcdClient({ ...clientOptions(second!), endpoints: [dead, second!.clientUrl] });
    await client.kv.put({ key: utf8('a'), value: utf8('1') });
    assert.equal((await client.kv.range({ key: utf8('a') })).count, 1n);
  });

  await t.test('a pinned call goes nowhere else', async () => {
    await using client = openEtcdClient({ ...clientOptions(first!), endpoints: [dead, first!.clientUrl] });
    await assert.rejects(client.maintenance.status({}, { endpoint: dead }), (error) =>
      hasCode(error, 'ETCD_UNREACHABLE'),
    );
    const ids = new Set<bigint>();
    for (const { clientUrl } of [first!, second!, third!]) {
      const status = await client.maintenance.status({}, { endpoint: clientUrl });
      ids.add(status.header!.memberId);
    }
    assert.equal(ids.size, 3, 'also to endpoints that are not among those of the client');
  });

  await t.test('when none can be reached, all are named', async () => {
    const other = `http://127.0.0.1:${await freePort()}`;
    await using client = openEtcdClient({ endpoints: [dead, other] });
    await assert.rejects(client.kv.range({ key: utf8('a') }), (error) => {
      assert.ok(hasCode(error, 'ETCD_UNREACHABLE'));
      assert.ok(error.message.includes(dead) && error.message.includes(other), error.message);
      assert.deepEqual(error.details['endpoints'], [dead, other]);
      return true;
    });
  });

  await t.test('a client outlives the member that it talks to', async () => {
    await using client = openTestClient(third!, first!);
    await client.kv.put({ key: utf8('b'), value: utf8('1') });
    await third!.kill();
    const reply = await eventually(60_000, 'the others answer', () => client.kv.range({ key: utf8('b') }));
    assert.equal(reply.count, 1n);
    await client.kv.put({ key: utf8('b'), value: utf8('2') });
  });

  await t.test('without a quorum a read ends with the limit of the command', async () => {
    await second!.kill();
    await using client = openTestClient(first!);
    await assert.rejects(client.kv.range({ key: utf8('b') }, { timeoutMs: 1000 }), (error) => {
      assert.ok(hasCode(error, 'TIMEOUT') || hasCode(error, 'ETCD_UNAVAILABLE'), String(error));
      assert.equal(error.exitStatus, 5);
      return true;
    });
    const local = await client.kv.range({ key: utf8('b'), serializable: true });
    assert.equal(local.count, 1n, 'the member itself still answers');
  });
});

test('an alarm is a message like any other', async (t) => {
  await withServer(t, '3.7', async ({ maintenance }) => {
    const { header } = await maintenance.status({});
    await maintenance.alarm({
      action: AlarmRequest_AlarmAction.ACTIVATE,
      memberID: header!.memberId,
      alarm: AlarmType.NOSPACE,
    });
    const { alarms } = await maintenance.alarm({});
    assert.deepEqual(
      alarms.map(({ memberID, alarm }) => [memberID, alarm]),
      [[header!.memberId, AlarmType.NOSPACE]],
    );
  });
});

test('an aborted signal ends a call at once', async (t) => {
  await withServer(t, '3.6', async (client) => {
    const stop = new AbortController();
    const watching = (async () => {
      for await (const { created } of client.watch({ key: utf8('a') }, { signal: stop.signal })) {
        if (created) stop.abort();
      }
    })();
    await assert.rejects(watching, (error) => hasCode(error, 'INTERRUPTED'));
    await assert.rejects(client.kv.range({ key: utf8('a') }, { signal: AbortSignal.abort() }), (error) =>
      hasCode(error, 'INTERRUPTED'),
    );
    await client.close();
    await assert.rejects(client.kv.range({ key: utf8('a') }), (error) => hasCode(error, 'INTERRUPTED'));
  });
});
