import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { openTestStore, putKey } from '../../../../test/support/served-store.ts';
import { Random } from '../../../../test/support/random.ts';
import { testSeed } from '../../../../test/support/test-seed.ts';
import { displayText, utf8 } from '../../../base/index.ts';
import { EventSchema, Event_EventType as EventType } from '../../api.ts';
import type { EtcdStore } from '../store/index.ts';
import { WatchHub, type WatchOptions, type WatchReply, type WatchStream } from './index.ts';

function hubOf(store: EtcdStore, fragmentBytes = 2 << 20): WatchHub {
  return new WatchHub({ store, fragmentBytes, progressIntervalMs: 600_000 });
}

function watchOf(options: Partial<WatchOptions> = {}): WatchOptions {
  return {
    key: utf8('w'),
    rangeEnd: utf8('x'),
    startRevision: 0n,
    progressNotify: false,
    noPut: false,
    noDelete: false,
    prevKv: false,
    watchId: 0n,
    fragment: false,
    ...options,
  };
}

function drain(stream: WatchStream): WatchReply[] {
  const replies: WatchReply[] = [];
  for (let next = stream.next(); next.length > 0; next = stream.next()) replies.push(...next);
  return replies;
}

/** Revisions, with `-` before a deletion. */
function seen(replies: readonly WatchReply[], watchId = 0n): string[] {
  return replies
    .filter((reply) => reply.watchId === watchId)
    .flatMap(({ events }) => events.map((event) => fromBinary(EventSchema, event)))
    .map(({ type, kv }) => `${type === EventType.DELETE ? '-' : ''}${kv!.modRevision.toString()}`);
}

function deleteKey(store: EtcdStore, key: string): void {
  const transaction = store.begin();
  transaction.deleteRange(utf8(key));
  transaction.commit();
}

test('history comes first, then every commit, with no gap and nothing twice', async (t) => {
  const random = new Random(testSeed(t));
  const store = await openTestStore();
  using hub = hubOf(store);
  for (let i = 0; i < 50; i++) putKey(store, `w${random.int(0, 5)}`);
  const stream = hub.openStream();
  stream.create(watchOf({ startRevision: 10n }));
  const replies: WatchReply[] = [];
  for (let i = 0; i < 200; i++) {
    const turn = random.int(0, 3);
    if (turn === 0) replies.push(...stream.next());
    else if (turn === 1) putKey(store, 'elsewhere');
    else putKey(store, `w${random.int(0, 5)}`);
  }
  replies.push(...drain(stream));
  const expected = [...store.changes(10n, utf8('w'), utf8('x'))].map(({ revision }) => revision.toString());
  assert.equal(replies[0]?.created, true);
  assert.deepEqual(seen(replies), expected);
});

test('a client that does not read costs no more than the queue, and misses nothing', async () => {
  const store = await openTestStore();
  using hub = hubOf(store);
  const stream = hub.openStream();
  stream.create(watchOf());
  stream.create(watchOf({ key: utf8('w5'), rangeEnd: utf8('') }));
  drain(stream);
  const value = new Uint8Array(64 << 10);
  for (let i = 0; i < 400; i++) putKey(store, `w${i % 10}`, value);
  // The events of 26 MB were offered: what waits are those that 4 MiB have room for, the rest is history.
  const queued = stream.queuedBytes;
  assert.ok(queued > 3 << 20 && queued < 5 << 20, `${queued} bytes wait`);
  const replies = drain(stream);
  assert.equal(seen(replies, 0n).length, 400);
  assert.deepEqual(
    seen(replies, 0n),
    [...store.changes(3n, utf8('w'), utf8('x'))].map(({ revision }) => revision.toString()),
  );
  assert.equal(seen(replies, 1n).length, 40);
  // No reply holds more than a bounded piece of the history.
  assert.ok(replies.every(({ events }) => events.length <= (8 << 20) / (64 << 10) + 1));
  putKey(store, 'w5');
  assert.equal(drain(stream).length, 2, 'both are live again');
  assert.equal(stream.queuedBytes, 0);
});

test('what a slow client still needs may be compacted: its watch is canceled with the revision', async () => {
  const store = await openTestStore();
  using hub = hubOf(store);
  const stream = hub.openStream();
  stream.create(watchOf({ startRevision: 2n }));
  for (let i = 0; i < 5; i++) putKey(store, 'w');
  store.compact(5n);
  const [created, canceled, ...more] = drain(stream);
  assert.equal(created?.created, true);
  assert.deepEqual(canceled, {
    watchId: 0n,
    revision: 0n,
    canceled: true,
    compactRevision: 5n,
    events: [],
  });
  assert.deepEqual(more, []);
  stream.create(watchOf({ startRevision: 5n }));
  assert.deepEqual(seen(drain(stream), 1n), ['5', '6', '7'], 'the compact revision itself is still there');
  stream.cancel(0n);
  stream.cancel(0n);
  assert.equal(drain(stream).length, 1, 'etcd’s client cancels it, too, and waits for one answer');
});

test('filters, previous values, ids and refusals', async () => {
  const store = await openTestStore();
  using hub = hubOf(store);
  const stream = hub.openStream();
  stream.create(watchOf({ noPut: true, watchId: 7n }));
  stream.create(watchOf({ noDelete: true, prevKv: true }));
  stream.create(watchOf({ watchId: 7n }));
  stream.create(watchOf({ rangeEnd: utf8('a') }));
  stream.create(watchOf({ startRevision: -1n }));
  assert.deepEqual(
    drain(stream).map(({ watchId, canceled, cancelReason }) => [watchId, canceled ?? false, cancelReason]),
    [
      [7n, false, undefined],
      [0n, false, undefined],
      [-1n, true, 'mvcc: duplicate watch ID provided on the WatchStream'],
      [-1n, true, 'mvcc: watcher range is empty'],
      [-1n, true, 'etcdserver: mvcc: required revision has been compacted'],
    ],
  );
  putKey(store, 'w', 'old');
  putKey(store, 'w', 'new');
  deleteKey(store, 'w');
  const replies = drain(stream);
  assert.deepEqual(seen(replies, 7n), ['-5']);
  assert.deepEqual(seen(replies, 0n), ['3', '4']);
  const events = replies.flatMap((reply) => reply.events.map((event) => fromBinary(EventSchema, event)));
  const previous = events.map(({ prevKv }) => (prevKv === undefined ? '' : displayText(prevKv.value)));
  assert.deepEqual(previous, ['', 'old', '']);
  stream.cancel(7n);
  stream.cancel(99n);
  putKey(store, 'w');
  deleteKey(store, 'w');
  assert.deepEqual(
    drain(stream).map(({ watchId, canceled, revision }) => [watchId, canceled ?? false, revision]),
    [
      [7n, true, 5n],
      [0n, false, 6n],
    ],
  );
});

test('progress is told when everything before it has been, and not to who begins in the future', async () => {
  const store = await openTestStore();
  using hub = hubOf(store);
  const stream = hub.openStream();
  stream.requestProgress();
  assert.deepEqual(drain(stream), [], 'nobody watches');
  stream.create(watchOf({ progressNotify: true }));
  stream.create(watchOf({ startRevision: 2n }));
  stream.requestProgress();
  assert.equal(drain(stream).length, 2, 'one of them has its history still to come');
  putKey(store, 'w');
  stream.requestProgress();
  putKey(store, 'elsewhere');
  stream.requestProgress();
  assert.deepEqual(
    drain(stream).map(({ watchId, revision, events }) => [watchId, revision, events.length]),
    [
      [0n, 3n, 1],
      [1n, 3n, 1],
      [-1n, 3n, 0],
      [-1n, 4n, 0],
    ],
  );
  stream.notifyProgress();
  assert.deepEqual(drain(stream), [], 'an event stood in for the notification');
  stream.notifyProgress();
  assert.deepEqual(
    drain(stream).map(({ watchId, revision }) => [watchId, revision]),
    [[0n, 4n]],
  );
  stream.create(watchOf({ startRevision: 100n, progressNotify: true }));
  drain(stream);
  stream.requestProgress();
  stream.notifyProgress();
  assert.deepEqual(
    drain(stream).map(({ watchId }) => watchId),
    [0n],
  );
});

test('a large reply is cut where the client wants it cut, between events', async () => {
  const store = await openTestStore();
  using hub = hubOf(store, 10_000);
  const transaction = store.begin();
  for (let i = 0; i < 10; i++) transaction.put(utf8(`w${i}`), new Uint8Array(3000), 0n);
  transaction.commit();
  const stream = hub.openStream();
  stream.create(watchOf({ startRevision: 3n, fragment: true }));
  stream.create(watchOf({ startRevision: 3n }));
  const replies = drain(stream).filter(({ events }) => events.length > 0);
  assert.deepEqual(
    replies.map(({ watchId, fragment, events }) => [watchId, fragment, events.length]),
    [
      [0n, true, 3],
      [0n, true, 3],
      [0n, true, 3],
      [0n, false, 1],
      [1n, undefined, 10],
    ],
  );
});
