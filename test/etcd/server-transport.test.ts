/** The port of a served store: what comes in that is not as it should be, and how it ends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as net from 'node:net';
import { suite, test } from 'node:test';
import {
  AlarmRequest_AlarmAction as AlarmAction,
  AlarmType,
  Health,
  KV,
  Maintenance,
  openEtcdClient,
  RangeRequest_SortOrder,
  RangeRequestSchema,
  RangeResponseSchema,
  Watch,
} from '../../src/etcd/index.ts';
import { hasCode, utf8 } from '../../src/base/index.ts';
import { openTestClient } from '../support/etcd-client.ts';
import { createAuthority, createPki, issueCertificate } from '../support/pki.ts';
import { frame, RawConnection, rawMethod } from '../support/raw-grpc.ts';
import { openTestStore, putKey, serveTestStore } from '../support/served-store.ts';
import { tempDir } from '../support/temp-dir.ts';
import { eventually, within } from '../support/waiting.ts';

const range = rawMethod(KV.method.range);
const put = rawMethod(KV.method.put);
const watch = rawMethod(Watch.method.watch);

suite('the port of a served store', () => {
  test('pages for probes, over HTTP/1.1 and HTTP/2', async () => {
    await using served = await serveTestStore();
    const { url } = served.server;
    const pages = {
      '/version': [200, '{"etcdserver":"3.5.30","etcdcluster":"3.5.0"}'],
      '/health': [200, '{"health":"true","reason":""}'],
      '/health?serializable=true': [200, '{"health":"true","reason":""}'],
      '/livez': [200, 'ok\n'],
      '/readyz': [200, 'ok\n'],
      '/metrics': [404, '404 page not found\n'],
    } as const;
    await using connection = new RawConnection(url);
    for (const [path, expected] of Object.entries(pages)) {
      assert.deepEqual(await getHttp1(`${url}${path}`), expected, path);
      const stream = connection.session.request({ ':path': path });
      const [headers] = (await once(stream, 'response')) as [{ ':status': number }];
      assert.deepEqual([headers[':status'], await text(stream)], expected, path);
    }
    assert.deepEqual(await getHttp1(`${url}/health`, 'POST'), [405, 'Method Not Allowed\n']);
    served.store.saveAlarm({ memberId: 1n, alarm: 1 });
    const full = [503, '{"health":"false","reason":"ALARM NOSPACE"}\n'];
    assert.deepEqual(await getHttp1(`${url}/health`), full);
    assert.deepEqual(await getHttp1(`${url}/health?exclude=CORRUPT`), full);
    const excluded = await getHttp1(`${url}/health?exclude=CORRUPT&exclude=NOSPACE`);
    assert.deepEqual(excluded, [200, '{"health":"true","reason":""}']);
  });

  test('what is not a call of etcd is refused in the words of gRPC', async () => {
    await using served = await serveTestStore();
    await using connection = new RawConnection(served.server.url);
    const types = { input: RangeRequestSchema, output: RangeResponseSchema };
    const end = (path: string) =>
      connection
        .open({ path, ...types })
        .endRequests()
        .end();
    assert.deepEqual(await end('etcdserverpb.KV/Nope'), {
      status: 12,
      message: 'unknown method Nope for service etcdserverpb.KV',
    });
    assert.deepEqual(await end('v3lockpb.Lock/Lock'), {
      status: 12,
      message: 'unknown service v3lockpb.Lock',
    });
    assert.deepEqual(await end('etcdserverpb.KV/Range'), {
      status: 13,
      message: 'grpc: the request is cut off',
    });
    const garbage = connection
      .open(range)
      .sendBytes(frame(Uint8Array.of(0xff, 0xff)))
      .endRequests();
    const { status, message } = await garbage.end();
    assert.equal(status, 13);
    assert.match(message, /^grpc: error unmarshalling request: /);
    const unknown = connection.open(rawMethod(Health.method.check)).send({ service: 'x' }).endRequests();
    assert.deepEqual(await unknown.end(), { status: 5, message: 'unknown service' });
    assert.equal((await connection.call(rawMethod(Health.method.check), {})).status, 1);
  });

  test('a request that is too large has etcd’s error, and its bytes are not waited for', async () => {
    await using served = await serveTestStore();
    await using connection = new RawConnection(served.server.url);
    const large = await connection
      .open(put)
      .send({ key: utf8('k'), value: new Uint8Array(1600 << 10) })
      .endRequests()
      .end();
    assert.deepEqual(large, { status: 3, message: 'etcdserver: request is too large' });
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(0x7fff_ffff, 1);
    const announced = await connection.open(put).sendBytes(prefix).end();
    assert.deepEqual(announced, {
      status: 8,
      message: 'grpc: received message larger than max (2147483647 vs. 2097152)',
    });
    await connection.call(put, { key: utf8('k'), value: new Uint8Array(1500 << 10) });
  });

  test('a deadline ends a stream', async () => {
    await using served = await serveTestStore();
    await using connection = new RawConnection(served.server.url);
    const call = connection.open(watch, { 'grpc-timeout': '50m' });
    call.send({ requestUnion: { case: 'createRequest', value: { key: utf8('a') } } });
    assert.deepEqual(await call.end(), { status: 4, message: 'context deadline exceeded' });
  });

  test('connections that say nothing are closed, others are left alone', async () => {
    // Longer than this process may stand still between a connection and its first bytes.
    await using served = await serveTestStore({ silenceMs: 2000 });
    await using connection = new RawConnection(served.server.url);
    await connection.call(range, { key: utf8('first') });
    const starts = ['', 'PR', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'GET /heal'];
    const silent = starts.map((start) => {
      const socket = net.connect(served.server.port, '127.0.0.1');
      socket.write(start);
      return closeOf(socket);
    });
    await within(60_000, 'the end of the silent connections', Promise.all(silent));
    assert.equal((await connection.call(range, { key: utf8('first') })).count, 1n);
  });

  test('stopping ends streams in etcd’s words, closes every socket and frees the port', async () => {
    const served = await serveTestStore();
    await using connection = new RawConnection(served.server.url);
    const call = connection.open(watch);
    call.send({ requestUnion: { case: 'createRequest', value: { key: utf8('a') } } });
    assert.equal((await call.next())?.created, true);
    const idle = net.connect(served.server.port, '127.0.0.1');
    await once(idle, 'connect');
    const closed = closeOf(idle);
    await within(60_000, 'the stop', served.server.close());
    assert.deepEqual(await call.end(), { status: 14, message: 'etcdserver: server stopped' });
    await within(60_000, 'the idle socket', closed);
    assert.equal(served.server.connectionCount, 0);
    await using again = await serveTestStore({ port: served.server.port, store: served.store });
    assert.equal(again.server.port, served.server.port);
  });

  test('mutual TLS: the right certificate gets in, a wrong one or none is refused before any call', async () => {
    await using dir = await tempDir('serve-tls');
    const pki = await createPki(dir.path);
    const stranger = await issueCertificate(await createAuthority(dir.path, 'stranger'), { name: 'other' });
    const tls = {
      certPem: readFileSync(pki.server.certFile),
      keyPem: readFileSync(pki.server.keyFile),
      trustedCaPem: readFileSync(pki.caFile),
    };
    await using served = await serveTestStore({ tls });
    const clientUrl = served.server.url;
    assert.match(clientUrl, /^https:/);
    await using client = openTestClient({ clientUrl, tls: pki });
    assert.equal((await client.kv.range({ key: utf8('first') })).count, 1n);
    await using refused = openTestClient({ clientUrl, tls: { ...pki, client: stranger } });
    await assert.rejects(refused.kv.range({ key: utf8('first') }), (error) =>
      hasCode(error, 'ETCD_UNREACHABLE'),
    );
    await using unknown = openEtcdClient({
      endpoints: [clientUrl],
      tls: { caPem: readFileSync(pki.caFile) },
    });
    await assert.rejects(unknown.kv.range({ key: utf8('first') }), (error) =>
      hasCode(error, 'TLS_CLIENT_CERT_REJECTED'),
    );
    const plain = net.connect(served.server.port, '127.0.0.1');
    plain.end('GET /health HTTP/1.1\r\n\r\n');
    assert.doesNotMatch(await text(plain), /HTTP/, 'no answer in plain text');
    assert.equal((await client.kv.range({ key: utf8('first') })).count, 1n, 'others are unaffected');
  });
});

suite('hostile clients of a served store', () => {
  test('one that does not read its watch holds back nobody and no memory', async () => {
    await using served = await serveTestStore();
    const { store, server } = served;
    await using slow = new RawConnection(server.url);
    const stuck = slow.open(watch);
    stuck.send({ requestUnion: { case: 'createRequest', value: { key: utf8('w'), rangeEnd: utf8('x') } } });
    assert.equal((await stuck.next())?.created, true);
    await using fast = new RawConnection(server.url);
    const reader = fast.open(watch);
    reader.send({
      requestUnion: { case: 'createRequest', value: { key: utf8('w500'), rangeEnd: utf8('') } },
    });
    assert.equal((await reader.next())?.created, true);
    const before = process.memoryUsage();
    // The store keeps all versions: they are one array.
    const value = new Uint8Array(16 << 10);
    for (let i = 0; i < 2000; i++) {
      putKey(store, `w${i}`, value);
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal((await reader.next())?.events.length, 1);
    const after = process.memoryUsage();
    const grown = after.arrayBuffers - before.arrayBuffers + after.external - before.external;
    // 32 MB of events were offered to the one that does not read.
    assert.ok(grown < 12 << 20, `${grown >> 20} MiB more outside the heap`);
    let events = 0;
    let last = 0n;
    while (events < 2000) {
      for (const { kv } of (await stuck.next())!.events) {
        assert.ok(kv!.modRevision > last, 'in order, nothing twice');
        last = kv!.modRevision;
        events++;
      }
    }
    assert.equal(last, store.currentRevision);
  });

  test('thousands of watches on one stream, and requests whose answers nobody reads', async () => {
    await using served = await serveTestStore();
    await using connection = new RawConnection(served.server.url);
    const call = connection.open(watch);
    const count = 5000;
    for (let i = 0; i < count; i++)
      call.send({ requestUnion: { case: 'createRequest', value: { key: utf8(`w${i % 50}`) } } });
    for (let i = 0; i < count; i++) assert.equal((await call.next())?.watchId, BigInt(i));
    putKey(served.store, 'w7');
    const told = new Set<bigint>();
    for (let i = 0; i < count / 50; i++) told.add((await call.next())!.watchId);
    assert.equal(told.size, 100);
    // The stream is not read from while its answers wait; a call beside it is answered.
    for (let i = 0; i < 50_000; i++)
      call.send({ requestUnion: { case: 'createRequest', value: { key: utf8('a') } } });
    assert.equal((await connection.call(range, { key: utf8('first') })).count, 1n);
    call.stream.close();
    await eventually(60_000, 'the end of the watches', async () => {
      const reply = await connection.call(rawMethod(Maintenance.method.status), {});
      return reply.version === '' ? undefined : true;
    });
  });

  test('answers that nobody reads are bounded, whoever asked for them', async () => {
    await using served = await serveTestStore({ mostUnreadBytes: 1 << 20 });
    putKey(served.store, 'large', new Uint8Array(700 << 10));
    await using slow = new RawConnection(served.server.url);
    const sorted = {
      key: Uint8Array.of(0),
      rangeEnd: Uint8Array.of(0),
      sortOrder: RangeRequest_SortOrder.DESCEND,
    };
    const unread = slow.open(range).send(sorted).endRequests();
    await once(unread.stream, 'response');
    await using other = new RawConnection(served.server.url);
    const refused = await other.open(range).send(sorted).endRequests().end();
    assert.deepEqual(refused, { status: 8, message: 'etcdserver: too many requests' });
    assert.equal((await other.call(range, { key: utf8('first') })).count, 1n, 'small ones are answered');
    assert.equal((await unread.next())?.count, 2n);
    assert.equal((await unread.end()).status, 0);
    await eventually(60_000, 'room for the next', async () => {
      const call = other.open(range).send(sorted).endRequests();
      return (await call.end()).status === 0 ? true : undefined;
    });
  });

  test('a read-only server refuses every kind of write, and answers reads', async () => {
    const store = await openTestStore({ writable: false });
    await using served = await serveTestStore({ store });
    await using client = openTestClient({ clientUrl: served.server.url, tls: undefined });
    const refused = (work: Promise<unknown>) =>
      assert.rejects(work, /holdfast: this is a read-only view of a backup; serve it with --writable/);
    await refused(client.kv.put({ key: utf8('a') }));
    await refused(client.kv.deleteRange({ key: utf8('first') }));
    await refused(client.kv.compact({ revision: 2n }));
    await refused(client.lease.leaseGrant({ TTL: 5n }));
    await refused(client.maintenance.alarm({ action: AlarmAction.ACTIVATE, alarm: AlarmType.NOSPACE }));
    assert.equal((await client.kv.range({ key: utf8('first') })).count, 1n);
  });
});

/** Resolves when a socket is closed, also when that comes as a reset; what it is sent is thrown away. */
function closeOf(socket: net.Socket): Promise<void> {
  return new Promise((resolve) => {
    socket
      .on('error', () => {})
      .resume()
      .once('close', () => resolve());
  });
}

async function getHttp1(url: string, method = 'GET'): Promise<[number, string]> {
  const request = http.request(url, { method, agent: false });
  request.end();
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return [response.statusCode ?? 0, await text(response)];
}

async function text(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
