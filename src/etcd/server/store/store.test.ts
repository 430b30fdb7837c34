import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  type ByteSource,
  displayText,
  formatHex,
  hasCode,
  memorySource,
  operationContext,
  utf8,
} from '../../../base/index.ts';
import { openDatabase } from '../../../formats/bbolt/index.ts';
import { hashKv } from '../../../formats/mvcc/index.ts';
import { sampleFile } from '../../../../test/support/kubernetes-samples.ts';
import { MvccModel } from '../../../../test/support/mvcc-model.ts';
import { snapshotBytes } from '../../../../test/support/snapshot-file.ts';
import { type EtcdStore, openStore, type StoreCommit } from './index.ts';

const all = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
const ctx = operationContext();
let sample: Uint8Array;

before(async () => {
  sample = await sampleFile('shop-3.6', 'db');
});

async function open(bytes: Uint8Array, { writable = true, at = 0n } = {}): Promise<EtcdStore> {
  return await openStore({ database: openDatabase(memorySource(bytes)), writable, at }, ctx);
}

function write(
  store: EtcdStore,
  ...changes: readonly (readonly [key: string, value?: string | undefined, lease?: bigint])[]
) {
  const transaction = store.begin();
  for (const [key, value, lease = 0n] of changes) {
    if (value === undefined) transaction.deleteRange(utf8(key));
    else transaction.put(utf8(key), utf8(value), lease);
  }
  return transaction.commit();
}

function textsOf(store: EtcdStore, revision = 0n): Record<string, string> {
  const { kvs } = store.range({ ...all, revision });
  return Object.fromEntries(kvs.map(({ key, value }) => [displayText(key), displayText(value)]));
}

/** Revision 6: a and b live, c deleted, compacted at 3. */
function modelBytes(): Uint8Array {
  const model = new MvccModel();
  model.apply([{ key: 'a', value: 'a2' }]);
  model.apply([{ key: 'b', value: 'b3' }]);
  model.apply([{ key: 'a', value: 'a4' }]);
  model.apply([{ key: 'c', value: 'c5' }]);
  model.apply([{ key: 'c', value: undefined }]);
  model.compact(3n, true);
  return snapshotBytes(model.store());
}

test('reads of base and overlay are one key space at every revision', async () => {
  const store = await open(modelBytes());
  assert.equal(store.currentRevision, 6n);
  write(store, ['b', 'b7'], ['aa', 'aa7']);
  write(store, ['a'], ['c', 'c8']);
  assert.deepEqual(textsOf(store, 3n), { a: 'a2', b: 'b3' });
  assert.deepEqual(textsOf(store, 5n), { a: 'a4', b: 'b3', c: 'c5' });
  assert.deepEqual(textsOf(store, 6n), { a: 'a4', b: 'b3' });
  assert.deepEqual(textsOf(store, 7n), { a: 'a4', aa: 'aa7', b: 'b7' });
  assert.deepEqual(textsOf(store), { aa: 'aa7', b: 'b7', c: 'c8' });
  const limited = store.range({ ...all, limit: 2 });
  assert.deepEqual([limited.kvs.length, limited.count, limited.revision], [2, 3, 8n]);
  assert.throws(
    () => store.range({ ...all, revision: 2n }),
    (error) => hasCode(error, 'REVISION_COMPACTED'),
  );
  assert.throws(
    () => store.range({ ...all, revision: 9n }),
    (error) => hasCode(error, 'REVISION_FUTURE'),
  );
  const [before7, before3] = [store.previous(utf8('b'), 7n), store.previous(utf8('a'), 3n)];
  assert.equal(displayText(before7!.value), 'b3');
  assert.equal(before3, undefined);
});

test('what is taken back was never there', async () => {
  const store = await open(modelBytes());
  const heard: StoreCommit[] = [];
  store.onCommit((commit) => heard.push(commit));
  const transaction = store.begin();
  transaction.put(utf8('a'), utf8('other'), 0n);
  transaction.put(utf8('new'), utf8('other'), 0n);
  assert.equal(transaction.deleteRange(utf8('a'), utf8('c')), 2);
  assert.equal(transaction.revision, 7n);
  transaction.rollback();
  assert.deepEqual(textsOf(store), { a: 'a4', b: 'b3' });
  const empty = store.begin();
  assert.equal(empty.deleteRange(utf8('nothing')), 0);
  assert.deepEqual(empty.commit(), { revision: 6n, events: [] });
  assert.deepEqual(heard, []);
  assert.equal(write(store, ['a', 'a7']).revision, 7n);
  assert.equal(heard.length, 1);
});

test('the past is told from the file and from what was written since', async () => {
  const store = await open(modelBytes());
  write(store, ['c', 'c7'], ['d', 'd7']);
  write(store, ['c']);
  const told = (from: bigint, key: string, end?: string) =>
    [...store.changes(from, utf8(key), end === undefined ? undefined : utf8(end))].map(
      ({ revision, events }) =>
        `${revision}: ${events.map(({ kind, kv, sub }) => `${kind} ${displayText(kv.key)}@${kv.modRevision}.${sub}`).join(', ')}`,
    );
  assert.deepEqual(told(4n, 'a', '\0'), [
    '4: put a@4.0',
    '5: put c@5.0',
    '6: delete c@6.0',
    '7: put c@7.0, put d@7.1',
    '8: delete c@8.0',
  ]);
  assert.deepEqual(told(0n, 'b'), ['3: put b@3.0']);
  assert.deepEqual(told(7n, 'd', 'e'), ['7: put d@7.1']);
  store.compact(8n);
  assert.deepEqual(told(1n, 'a', '\0'), ['8: delete c@8.0']);
});

test('a revision of the past is shown as if it were the present', async () => {
  const store = await open(sample);
  const { compactRevision, currentRevision } = store;
  for (const at of [compactRevision, compactRevision + 57n, currentRevision - 1n]) {
    const past = await open(sample, { at });
    assert.equal(past.currentRevision, at);
    assert.deepEqual(past.range(all).kvs, store.range({ ...all, revision: at }).kvs);
    assert.deepEqual(await past.hashKv(0n), await store.hashKv(at));
    assert.equal([...past.changes(at + 1n, all.key, all.rangeEnd)].length, 0);
    write(past, ['/new', 'value']);
    assert.equal(past.currentRevision, at + 1n);
    assert.equal(past.range(all).count, store.range({ ...all, revision: at }).count + 1);
  }
  await assert.rejects(open(sample, { at: compactRevision - 1n }), (error) =>
    hasCode(error, 'REVISION_COMPACTED'),
  );
  await assert.rejects(open(sample, { at: currentRevision + 1n }), (error) =>
    hasCode(error, 'REVISION_FUTURE'),
  );
});

test('a count reads no record', async () => {
  let reads = 0;
  const memory = memorySource(sample);
  const counted: ByteSource = {
    ...memory,
    readInto(target, offset) {
      reads++;
      return memory.readInto(target, offset);
    },
  };
  const store = await openStore({ database: openDatabase(counted), writable: true }, ctx);
  reads = 0;
  assert.equal(store.range({ ...all, countOnly: true }).count, 2270);
  assert.equal(reads, 0);
  assert.equal(store.range({ ...all, limit: 3 }).kvs.length, 3);
  assert.equal(reads, 3);
});

test('a store that is read-only refuses every change', async () => {
  const store = await open(sample, { writable: false });
  const changes = [
    () => store.begin(),
    () => store.compact(store.currentRevision),
    () => store.saveLease({ id: 1n, ttlSeconds: 1n, remainingTtlSeconds: 0n }),
    () => store.removeLease(1n),
    () => store.saveAlarm({ memberId: 1n, alarm: 1 }),
    () => store.removeAlarm({ memberId: 1n, alarm: 1 }),
  ];
  for (const change of changes) assert.throws(change, (error) => hasCode(error, 'STORE_READ_ONLY'));
});

test('keys hang on leases from the file on', async () => {
  const store = await open(sample);
  const attached = new Map<bigint, string[]>();
  for (const { key, lease } of store.range(all).kvs)
    if (lease !== 0n) attached.set(lease, [...(attached.get(lease) ?? []), displayText(key)]);
  assert.ok(attached.size > 0);
  for (const [lease, keys] of attached) {
    assert.ok(store.hasLease(lease));
    assert.deepEqual(store.leaseKeys(lease).map(displayText), keys);
  }
  const [[lease, [key]]] = [...attached] as [[bigint, [string]]];
  write(store, [key, 'detached']);
  assert.ok(!store.leaseKeys(lease).map(displayText).includes(key));
  write(store, [key, 'attached again', lease]);
  assert.ok(store.leaseKeys(lease).map(displayText).includes(key));
});

test('compactions leave what etcd leaves, and a snapshot holds that', async () => {
  const store = await open(sample);
  const old = store.range({ ...all, limit: 40 }).kvs.map(({ key }) => displayText(key));
  for (let i = 0; i < 200; i++) write(store, [old[i % 40]!, i % 5 === 0 ? undefined : `value ${i}`] as const);
  const compact = store.currentRevision - 20n;
  const expected = textsOf(store, compact);
  store.compact(compact);
  assert.deepEqual(textsOf(store, compact), expected);
  const { pieces, sizeBytes } = await store.snapshot();
  const written: Uint8Array[] = [];
  // What is written meanwhile is not part of it.
  for await (const piece of pieces) {
    written.push(piece.slice());
    if (written.length === 1) write(store, ['/late', 'value']);
  }
  const bytes = Buffer.concat(written);
  assert.equal(bytes.length, sizeBytes);
  const copy = await open(bytes);
  assert.equal(copy.compactRevision, compact);
  assert.equal(copy.facts.usedBytes, copy.facts.databaseBytes, 'no page of it is free');
  assert.ok(store.facts.usedBytes < store.facts.databaseBytes);
  assert.deepEqual(copy.range(all).kvs, store.range({ ...all, revision: copy.currentRevision }).kvs);
  const hash = await store.hashKv(copy.currentRevision);
  assert.equal(hash.hash, hashKv(openDatabase(memorySource(bytes))).hash);
  // Nothing is left that the compaction has taken away.
  const rowsBelow = [...openDatabase(memorySource(bytes)).bucket('key')!.entries()].length;
  assert.ok(rowsBelow <= copy.range({ ...all, countOnly: true }).count + 60, `${rowsBelow} rows`);
});

test('a compaction that was interrupted is carried on with', async () => {
  for (const scheduled of [4n, 5n, 6n]) {
    const model = new MvccModel();
    for (const [key, value] of [['a', '2'], ['b', '3'], ['a', '4'], ['b'], ['c', '6'], ['c', '7']] as const)
      model.apply([{ key, value }]);
    model.scheduled = scheduled;
    const store = await open(snapshotBytes(model.store()));
    model.compact(scheduled, true);
    assert.equal(store.compactRevision, scheduled);
    const { pieces } = await store.snapshot();
    const written: Uint8Array[] = [];
    for await (const piece of pieces) written.push(piece.slice());
    const rows = [
      ...openDatabase(memorySource(Buffer.concat(written)))
        .bucket('key')!
        .entries(),
    ];
    assert.deepEqual(
      rows.map(({ key }) => formatHex(key)),
      model.entries().map(({ key }) => formatHex(key)),
    );
  }
});
