/** `serve` as a process under clients that do not behave: it stays within bounds of memory, and others are served. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { utf8 } from '../../src/base/index.ts';
import { type EtcdClient, KV, Watch } from '../../src/etcd/index.ts';
import { openTestClient } from '../support/etcd-client.ts';
import { MvccModel } from '../support/mvcc-model.ts';
import { RawConnection, rawMethod } from '../support/raw-grpc.ts';
import { snapshotBytes } from '../support/snapshot-file.ts';
import { tempDir } from '../support/temp-dir.ts';
import { type ServedProcess, serveInProcess } from './served-process.ts';

const range = rawMethod(KV.method.range);
const put = rawMethod(KV.method.put);
const watch = rawMethod(Watch.method.watch);

const mebibyte = 1 << 20;
const everything = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
const bigKeys = 512;
const bigValue = 'x'.repeat(16 << 10);
/** All of what it is given to hold takes several times as much. */
const mostGrownBytes = 160 * mebibyte;

test('slow readers, a thousand watches and oversized requests do not fill the memory of serve', async (t) => {
  await using dir = await tempDir('hostile');
  const source = join(dir.path, 'snapshot.db');
  await writeFile(source, sourceBytes());
  await using served = await serveInProcess(source, '--writable');
  await using client = openTestClient(served);
  await othersAreServed(client);
  const before = await served.memory();
  const grown = async (what: string) => {
    await othersAreServed(client);
    const { heldBytes, peakBytes } = await served.memory();
    const heldMore = Math.round((heldBytes - before.heldBytes) / mebibyte);
    const peakMore = Math.round((peakBytes - before.peakBytes) / mebibyte);
    t.diagnostic(`${what}: ${heldMore} MiB more, ${peakMore} at most with what was not collected yet`);
    return heldBytes - before.heldBytes;
  };
  await using hostile = new AsyncDisposableStack();
  const connect = () => hostile.use(new RawConnection(served.clientUrl));

  // 320 MiB of answers.
  for (let i = 0; i < 40; i++) connect().open(range).send(everything).endRequests();
  assert.ok((await grown('ranges that nobody reads')) < 100 * mebibyte);
  await neglectWatches(connect, client);
  await grown('and a thousand watches');
  await sendTooMuch(connect);
  assert.ok((await grown('and requests that are too large')) < mostGrownBytes);
  await closesWell(t, served);
});

/** Reads and writes of a client that behaves. */
async function othersAreServed(client: EtcdClient): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await client.kv.put({ key: utf8('other'), value: utf8(String(i)) });
    const { kvs } = await client.kv.range({ key: utf8('other') });
    assert.deepEqual(kvs[0]?.value, utf8(String(i)));
  }
  const { kvs } = await client.kv.range({ key: utf8('big/'), rangeEnd: utf8('big0') });
  assert.equal(kvs.length, bigKeys);
  assert.ok(kvs.every(({ value }) => value.length === bigValue.length));
}

/** 20 streams of 50 watches each, which nobody reads once they are there; every event is 32 KiB for each of them. */
async function neglectWatches(connect: () => RawConnection, client: EtcdClient): Promise<void> {
  const createRequest = { key: utf8('w'), rangeEnd: utf8('x'), prevKv: true };
  for (let stream = 0; stream < 20; stream++) {
    const call = connect().open(watch);
    for (let i = 0; i < 50; i++) call.send({ requestUnion: { case: 'createRequest', value: createRequest } });
    for (let i = 0; i < 50; i++) assert.equal((await call.next())?.created, true);
  }
  for (let i = 0; i < 400; i++) await client.kv.put({ key: utf8(`w${i % 10}`), value: utf8(bigValue) });
}

/** Messages that announce 64 MiB and send some of it, and some that are just too large for etcd. */
async function sendTooMuch(connect: () => RawConnection): Promise<void> {
  const announced = Buffer.alloc(5);
  announced.writeUInt32BE(64 * mebibyte, 1);
  const huge = Array.from({ length: 20 }, () => {
    const call = connect().open(put).sendBytes(announced);
    for (let i = 0; i < 4; i++) call.sendBytes(Buffer.alloc(mebibyte));
    return call;
  });
  const large = Array.from({ length: 20 }, () =>
    connect()
      .open(put)
      .send({ key: utf8('k'), value: new Uint8Array(1.9 * mebibyte) })
      .endRequests(),
  );
  for (const call of huge)
    assert.deepEqual(await call.end(), {
      status: 8,
      message: `grpc: received message larger than max (${64 * mebibyte} vs. 2097152)`,
    });
  for (const call of large)
    assert.deepEqual(await call.end(), { status: 3, message: 'etcdserver: request is too large' });
}

/** Clients that never read do not keep it from ending either. */
async function closesWell(t: TestContext, served: ServedProcess): Promise<void> {
  const { signal, stderr } = await served.stop();
  assert.equal(signal, null, stderr);
  t.diagnostic('it ended by itself');
}

function sourceBytes(): Uint8Array {
  const names = Array.from({ length: bigKeys }, (_, i) => `big/${String(i).padStart(3, '0')}`);
  const model = new MvccModel();
  model.apply(names.map((key) => ({ key, value: bigValue })));
  return snapshotBytes(model.store());
}
