/**
 * Data dirs copied from a killed or running member read as the real etcd reads them: every version, with nearly
 * everything still in the write-ahead log.
 */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { displayText, formatHex, openFileSource } from '../../src/base/index.ts';
import { checkDatabase, openDatabase } from '../../src/formats/bbolt/index.ts';
import { databasePath } from '../../src/formats/data-dir/index.ts';
import { buildKeyspace, decodeUser, hashKv, type KeyValueStoreFile } from '../../src/formats/mvcc/index.ts';
import { openDataDirAt } from '../../src/operations/data-dir-files/index.ts';
import { type Peer, peerLines, requirePeer } from '../peers/index.ts';
import { copyDataDir, hashKvOf } from '../support/data-dir-copy.ts';
import { type EtcdServer, startEtcd } from '../support/etcd-server.ts';
import { GatewayRefusal, JsonGateway } from '../support/json-gateway.ts';
import type { JsonObject } from '../support/lossless-json.ts';
import { tempDir } from '../support/temp-dir.ts';
import { runWorkload } from '../support/workload.ts';

/** The database is written so rarely that a killed member leaves nearly everything in its log. */
const lazyBackend = ['--backend-batch-interval=1h', '--backend-batch-limit=1000000'];

const b64 = (text: string) => Buffer.from(text).toString('base64');

type Call = (method: string, body: JsonObject) => Promise<JsonObject>;

/** Calls that go through or are refused: both leave entries in the log. */
function caller(gateway: JsonGateway, token?: string): Call {
  return (method, body) => gateway.call(method, body, token === undefined ? {} : { token });
}

async function refused(call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error: unknown) => error instanceof GatewayRefusal);
}

/** Transactions that take either branch, nested, and see their own writes. */
async function transactions(call: Call): Promise<void> {
  const put = (key: string, value: string, more: JsonObject = {}) => ({
    requestPut: { key: b64(key), value: b64(value), ...more },
  });
  const compare = (key: string, more: JsonObject) => ({ key: b64(key), ...more });
  await call('kv/put', { key: b64('t/a'), value: b64('1') });
  await call('kv/put', { key: b64('t/a'), value: b64('2') });
  await call('kv/put', { key: b64('t/b'), value: b64('x') });
  const compares: JsonObject[] = [
    compare('t/a', { target: 'VERSION', result: 'EQUAL', version: '2' }),
    compare('t/a', { target: 'VALUE', result: 'GREATER', value: b64('1') }),
    compare('t/none', { target: 'VALUE', result: 'NOT_EQUAL', value: b64('1') }),
    compare('t/none', { target: 'CREATE', result: 'EQUAL', create_revision: '0' }),
    compare('t/', { range_end: b64('t0'), target: 'MOD', result: 'GREATER', mod_revision: '3' }),
    compare('t/', { range_end: b64('t0'), target: 'LEASE', result: 'EQUAL', lease: '0' }),
    compare('u/', { range_end: b64('u0'), target: 'VERSION', result: 'LESS', version: '1' }),
  ];
  for (const [i, one] of compares.entries()) {
    await call('kv/txn', {
      compare: [one],
      success: [
        put(`t/yes${i}`, 'yes'),
        { requestDeleteRange: { key: b64('t/b') } },
        put('t/c', `again ${i}`),
      ],
      failure: [put(`t/no${i}`, 'no')],
    });
  }
  await call('kv/txn', {
    compare: [],
    success: [
      put('t/nested', 'outer'),
      {
        requestTxn: {
          // Sees the state before the whole transaction.
          compare: [compare('t/nested', { target: 'VERSION', result: 'EQUAL', version: '0' })],
          success: [
            { requestTxn: { compare: [], success: [put('t/deep', '1')], failure: [] } },
            { requestDeleteRange: { key: b64('t/yes'), range_end: b64('t/yet') } },
          ],
          failure: [put('t/wrong', 'wrong')],
        },
      },
      { requestRange: { key: b64('t/deep') } },
    ],
    failure: [],
  });
  await call('kv/txn', { compare: [], success: [{ requestRange: { key: b64('t/a') } }], failure: [] });
  await refused(
    call('kv/txn', {
      compare: [],
      success: [put('t/refused', ''), put('t/x', '', { lease: '404' })],
      failure: [],
    }),
  );
  await refused(call('kv/put', { key: b64('t/missing'), ignore_value: true }));
}

async function leases(call: Call): Promise<void> {
  for (const id of ['7001', '7002', '7003']) await call('lease/grant', { ID: id, TTL: '90000' });
  for (let i = 0; i < 6; i++) {
    await call('kv/put', { key: b64(`l/${i}`), value: b64('v'), lease: `${7001 + (i % 3)}` });
  }
  // Moved to another lease, detached, kept, deleted and put again.
  await call('kv/put', { key: b64('l/0'), value: b64('v'), lease: '7002' });
  await call('kv/put', { key: b64('l/3'), value: b64('v') });
  await call('kv/put', { key: b64('l/1'), value: b64('w'), ignore_lease: true });
  await call('kv/put', { key: b64('l/4'), ignore_value: true, lease: '7002' });
  await call('kv/deleterange', { key: b64('l/2') });
  await call('kv/put', { key: b64('l/2'), value: b64('new') });
  await call('lease/revoke', { ID: '7002' });
  await call('lease/grant', { ID: '7004', TTL: '60' }).then(() => call('lease/revoke', { ID: '7004' }));
  await refused(call('lease/revoke', { ID: '404' }));
  await refused(call('lease/grant', { ID: '7001', TTL: '5' }));
}

async function alarms(call: Call): Promise<void> {
  const alarm = (action: string) => call('maintenance/alarm', { action, memberID: '77', alarm: 'NOSPACE' });
  await alarm('ACTIVATE');
  await refused(call('kv/put', { key: b64('full'), value: b64('x') }));
  await call('kv/deleterange', { key: b64('t/nested') });
  await alarm('DEACTIVATE');
  await call('kv/put', { key: b64('not full'), value: b64('x') });
}

async function members(call: Call): Promise<void> {
  const add = (url: string) => call('cluster/member/add', { peerURLs: [url], isLearner: true });
  const added = await add('http://127.0.0.1:1');
  const id = (added['member'] as JsonObject)['ID'] as string;
  await call('cluster/member/update', { ID: id, peerURLs: ['http://127.0.0.1:2'] });
  await call('cluster/member/remove', { ID: id });
  await add('http://127.0.0.1:3');
}

/** Turns auth on; later writes are refused or let through by role. */
async function auth(gateway: JsonGateway, call: Call): Promise<void> {
  const perm = (permType: string, key: string, end?: string) => ({
    permType,
    key: b64(key),
    ...(end === undefined ? {} : { range_end: b64(end) }),
  });
  for (const name of ['root', 'ann', 'bob']) await call('auth/user/add', { name, password: name });
  for (const name of ['root', 'writer', 'other']) await call('auth/role/add', { name });
  await call('auth/role/grant', { name: 'writer', perm: perm('WRITE', 'a', 'b') });
  await call('auth/role/grant', { name: 'writer', perm: perm('READWRITE', 'z') });
  await call('auth/role/grant', { name: 'writer', perm: perm('READ', 'a', 'b') });
  await call('auth/role/grant', { name: 'other', perm: perm('READWRITE', 'm', 'n') });
  await call('auth/role/revoke', { role: 'writer', key: b64('z') });
  await call('auth/user/grant', { user: 'root', role: 'root' });
  await call('auth/user/grant', { user: 'ann', role: 'writer' });
  await call('auth/user/grant', { user: 'ann', role: 'other' });
  await call('auth/user/grant', { user: 'bob', role: 'other' });
  await call('auth/enable', {});
  const as = async (name: string) => {
    const answer = await gateway.call('auth/authenticate', { name, password: name });
    return caller(gateway, answer['token'] as string);
  };
  const [root, ann, bob] = [await as('root'), await as('ann'), await as('bob')];
  await root('kv/put', { key: b64('by root'), value: b64('1') });
  await root('auth/role/grant', { name: 'writer', perm: perm('READWRITE', 'a', 'b') });
  const annNow = await as('ann');
  await annNow('kv/put', { key: b64('a/by ann'), value: b64('1') });
  await annNow('kv/deleterange', { key: b64('m'), range_end: b64('n') });
  await refused(annNow('kv/put', { key: b64('x/by ann'), value: b64('1') }));
  await refused(bob('kv/put', { key: b64('a/by bob'), value: b64('1') }));
  await refused(ann('auth/disable', {}));
  await root('auth/user/changepw', { name: 'bob', password: 'new' });
  await root('auth/role/delete', { role: 'other' });
  await root('auth/user/delete', { name: 'bob' });
}

function rowsOf(store: KeyValueStoreFile, bucket: string): [string, string][] {
  return [...(store.bucket(bucket)?.entries() ?? [])].map(({ key, value }) => [
    formatHex(key),
    formatHex(value),
  ]);
}

const comparedBuckets = ['alarm', 'auth', 'authRoles', 'cluster', 'lease', 'members', 'members_removed'];

/** Boots the real etcd on a copy, asks it, stops it, and compares what it had with what we read. */
async function sameAsBooted(
  server: EtcdServer,
  dataDir: string,
  scratch: string,
  { hasAuth = false, buckets = comparedBuckets } = {},
): Promise<void> {
  using ours = openDataDirAt({ dataDir: await copyDataDir(dataDir, join(scratch, 'ours')) });
  const truth = await copyDataDir(dataDir, join(scratch, 'truth'));
  assert.equal(
    ours.nodeId.toString(16),
    ours.members.find(({ name }) => name === 'default')?.id.toString(16),
  );
  const own = hashKv(ours.store);
  const booted = await server.restart({ dataDir: truth, extraArgs: [], logFile: join(scratch, 'truth.log') });
  try {
    await booted.ready();
    if (!hasAuth) assert.deepEqual(await hashKvOf(booted, own.hashRevision), own);
  } finally {
    await booted.stop();
  }
  using file = openFileSource(databasePath(truth));
  const theirs = openDatabase(file);
  assert.deepEqual(hashKv(theirs), own);
  for (const bucket of buckets) assert.deepEqual(rowsOf(ours.store, bucket), rowsOf(theirs, bucket), bucket);
  assert.deepEqual(usersOf(ours.store), usersOf(theirs));
  assert.deepEqual(liveContent(ours.store), liveContent(theirs));
}

/** Passwords apart: before 3.5 every member salts its own. */
function usersOf(store: KeyValueStoreFile): unknown[] {
  return [...(store.bucket('authUsers')?.entries() ?? [])].map(({ value }) => {
    const user = decodeUser(value);
    return { ...user, name: displayText(user.name), password: '' };
  });
}

function liveContent(store: KeyValueStoreFile): [string, string][] {
  const keyspace = buildKeyspace(store);
  const rows = store.bucket('key')!;
  return [...keyspace.liveKeys(keyspace.currentRevision)].map(({ rank, row }) => [
    formatHex(keyspace.key(rank)),
    formatHex(rows.get(keyspace.rowKey(row))!),
  ]);
}

function isLagging(server: EtcdServer, dataDir: string): void {
  using opened = openDataDirAt({ dataDir });
  assert.ok(
    opened.log.appliedCount > 50,
    `${server.peer.version}: only ${opened.log.appliedCount} entries in the log`,
  );
  assert.equal(opened.log.uncommittedCount, 0);
  assert.equal(opened.log.appliedIndex, opened.log.lastIndex);
  // The database alone has less.
  assert.ok(hashKv(opened.database).hashRevision < hashKv(opened.store).hashRevision);
}

async function lazyServer(
  peer: Peer,
  dir: string,
  extraArgs: readonly string[] = lazyBackend,
): Promise<EtcdServer> {
  await using starting = new AsyncDisposableStack();
  const server = starting.use(await startEtcd({ peer, dataDir: join(dir, 'member'), extraArgs }));
  await server.ready();
  starting.move();
  return server;
}

for (const line of peerLines) {
  describe(`etcd ${line}`, () => {
    test('killed in the middle of everything but auth', async (t) => {
      const peer = await requirePeer(t, line);
      if (peer === undefined) return;
      await using dir = await tempDir('dead-machine');
      const server = await lazyServer(peer, dir.path);
      using gateway = new JsonGateway(server.clientUrl, undefined);
      const call = caller(gateway);
      try {
        await transactions(call);
        await leases(call);
        await alarms(call);
        await members(call);
        await runWorkload({ clientUrl: server.clientUrl, tls: undefined, seed: 5 });
        // The end of a compaction commits what is there by then: enough comes after it.
        for (let i = 0; i < 3; i++) await runSmall(call);
      } finally {
        await server.kill();
      }
      isLagging(server, server.dataDir);
      await sameAsBooted(server, server.dataDir, dir.path);
    });

    test('killed with auth on', async (t) => {
      const peer = await requirePeer(t, line);
      if (peer === undefined) return;
      await using dir = await tempDir('dead-machine');
      const server = await lazyServer(peer, dir.path);
      using gateway = new JsonGateway(server.clientUrl, undefined);
      try {
        await runSmall(caller(gateway));
        await auth(gateway, caller(gateway));
      } finally {
        await server.kill();
      }
      using opened = openDataDirAt({ dataDir: server.dataDir });
      assert.deepEqual(opened.log.lostPasswords.length > 0, line === '3.4');
      await sameAsBooted(server, server.dataDir, dir.path, { hasAuth: true });
    });

    test('copied while it runs', async (t) => {
      const peer = await requirePeer(t, line);
      if (peer === undefined) return;
      await using dir = await tempDir('dead-machine');
      const server = await lazyServer(peer, dir.path, [
        '--backend-batch-interval=300ms',
        // 3.7 does not start when the log tells of a snapshot newer than the database, as a copy may have it. We read it.
        line === '3.7' ? '--snapshot-count=100000' : '--snapshot-count=150',
        // A file that goes while it is copied is no matter of this test.
        '--max-snapshots=0',
      ]);
      const copies: string[] = [];
      let tries = 0;
      try {
        const stop = new AbortController();
        const work = runWorkload({
          clientUrl: server.clientUrl,
          tls: undefined,
          seed: 6,
          signal: stop.signal,
        });
        const isDone = work.then(
          () => true,
          () => true,
        );
        const take = async () => {
          const copy = await copyDataDir(server.dataDir, join(dir.path, `copy ${tries++}`));
          if (isWhole(copy)) copies.push(copy);
        };
        while (copies.length < 2 && !(await Promise.race([isDone, after(150)]))) await take();
        await work;
        // Where a busy machine copies slower than the database changes, the member has to stand still for once.
        if (copies.length === 0) {
          process.kill(server.pid, 'SIGSTOP');
          await take().finally(() => process.kill(server.pid, 'SIGCONT'));
        }
      } finally {
        await server.kill();
      }
      assert.ok(copies.length > 0);
      for (const copy of copies) {
        const scratch = join(dir.path, `check ${copies.indexOf(copy)}`);
        await mkdir(scratch);
        // A member that starts publishes itself and the version anew, should the copy be without.
        const buckets = comparedBuckets.filter((name) => name !== 'members' && name !== 'cluster');
        await sameAsBooted(server, copy, scratch, { buckets });
      }
    });
  });
}

/** A copy may catch the database between two commits; etcd itself cannot read it then. */
function isWhole(dataDir: string): boolean {
  using file = openFileSource(databasePath(dataDir));
  return checkDatabase(file).every(({ severity }) => severity !== 'fail');
}

function after(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), ms));
}

async function runSmall(call: Call): Promise<void> {
  for (let i = 0; i < 30; i++) await call('kv/put', { key: b64(`m/${i % 7}`), value: b64(`${i}`) });
}
