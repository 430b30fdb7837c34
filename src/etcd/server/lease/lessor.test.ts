import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestStore, putKey } from '../../../../test/support/served-store.ts';
import { displayText } from '../../../base/index.ts';
import type { EtcdStore, StoreCommit } from '../store/index.ts';
import { LeaseError, type LeaseFault, Lessor } from './index.ts';

function lessorOf(store: EtcdStore) {
  const time = { ms: 1000 };
  const clock = { now: () => time.ms, monotonicMs: () => time.ms };
  const onFailure = (error: unknown) => assert.fail(String(error));
  return { time, lessor: new Lessor({ store, clock, onFailure }) };
}

const isFault = (fault: LeaseFault) => (error: unknown) =>
  error instanceof LeaseError && error.fault === fault;

test('a lease runs down, is renewed, and takes its keys with it in one revision, in their order', async () => {
  const store = await openTestStore();
  const { time, lessor } = lessorOf(store);
  using _ = lessor;
  const { id } = lessor.grant(0n, 10n);
  assert.ok(id > 0n);
  for (const key of ['b', 'c', 'a']) putKey(store, key, 'x', id);
  putKey(store, 'c', 'free again');
  const commits: StoreCommit[] = [];
  store.onCommit((commit) => commits.push(commit));
  time.ms += 4500;
  assert.deepEqual(
    { ...lessor.state(id), keys: lessor.state(id)?.keys.map(displayText) },
    { leftSeconds: 5n, grantedSeconds: 10n, keys: ['a', 'b'] },
  );
  assert.equal(lessor.renew(id), 10n);
  time.ms += 9999;
  lessor.expire();
  assert.equal(lessor.has(id), true);
  assert.equal(commits.length, 0);
  time.ms += 1;
  assert.equal(lessor.renew(id), undefined, 'it has expired, even before anybody looked');
  assert.equal(lessor.state(id), undefined);
  assert.deepEqual(
    commits.map(({ events }) => events.map(({ kind, kv }) => `${kind} ${displayText(kv.key)}`)),
    [['delete a', 'delete b']],
  );
  assert.deepEqual([...store.leases()], []);
});

test('grants are checked and raised as etcd does it; leases are listed by their end', async () => {
  const store = await openTestStore();
  const { lessor } = lessorOf(store);
  using _ = lessor;
  assert.equal(lessor.grant(7n, -5n).ttlSeconds, 2n);
  assert.equal(lessor.grant(8n, 9_000_000_000n).ttlSeconds, 9_000_000_000n);
  lessor.grant(9n, 1n);
  assert.throws(() => lessor.grant(7n, 5n), isFault('exists'));
  assert.throws(() => lessor.grant(10n, 9_000_000_001n), isFault('ttl-too-large'));
  assert.throws(() => lessor.revoke(10n), isFault('not-found'));
  assert.deepEqual(lessor.ids(), [7n, 9n, 8n]);
  const { currentRevision } = store;
  lessor.revoke(7n);
  assert.equal(store.currentRevision, currentRevision, 'a lease without keys changes no revision');
});

test('leases of the file start with what they have left; over a read-only store time stands still', async () => {
  const writable = await openTestStore();
  writable.saveLease({ id: 1n, ttlSeconds: 100n, remainingTtlSeconds: 40n });
  const running = lessorOf(writable);
  using _ = running.lessor;
  running.time.ms += 39_000;
  assert.equal(running.lessor.state(1n)?.leftSeconds, 1n);
  running.time.ms += 2000;
  running.lessor.expire();
  assert.equal(running.lessor.has(1n), false);

  writable.saveLease({ id: 2n, ttlSeconds: 100n, remainingTtlSeconds: 0n });
  // The same leases, but nothing may be written.
  const still = lessorOf(readOnlyView(writable));
  using __ = still.lessor;
  still.time.ms += 10_000_000;
  still.lessor.expire();
  assert.equal(still.lessor.renew(2n), 100n);
  assert.equal(still.lessor.state(2n)?.leftSeconds, 100n);
});

function readOnlyView(store: EtcdStore): EtcdStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'readOnly') return true;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
