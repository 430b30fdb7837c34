import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import { testStorageContract } from '../../../test/support/storage-contract.ts';
import { openMemoryStorage } from '../memory/index.ts';
import type { Storage } from '../storage.ts';
import { type Fault, faultyStorage, type StorageAction } from './faulty-storage.ts';
import { rateLimitedStorage } from './rate-limited-storage.ts';
import { readOnlyStorage } from './read-only-storage.ts';
import { type RetryOptions, retryingStorage } from './retrying-storage.ts';

const everything = { atomicPutIfAbsent: true, consistentList: true, objectLock: true };
const bytes = (...values: number[]) => Uint8Array.from(values);

/** A clock that goes on only by waiting. */
function waitingClock() {
  let nowMs = 0;
  const pauses: number[] = [];
  return {
    pauses,
    clock: { monotonicMs: () => nowMs },
    wait: (ms: number) => {
      pauses.push(Math.round(ms));
      nowMs += ms;
      return Promise.resolve();
    },
  };
}

/** The faults of an action, one after another. */
function inOrder(action: StorageAction, faults: readonly (Fault | undefined)[]) {
  return (request: { readonly action: StorageAction; readonly count: number }) =>
    request.action === action ? faults[request.count] : undefined;
}

async function namesIn(storage: Storage, prefix = ''): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of storage.list(prefix)) names.push(name);
  return names;
}

const retry = (storage: Storage, options: RetryOptions = {}) => {
  const { clock, wait, pauses } = waitingClock();
  return { pauses, storage: retryingStorage(storage, { clock, wait, random: () => 1, ...options }) };
};

suite('around a store in which every second request of a kind fails, after its effect or before', () => {
  const flaky = faultyStorage(openMemoryStorage(), ({ count }) => {
    if (count % 2 === 1) return undefined;
    return count % 4 === 0 ? { kind: 'after-effect' } : { kind: 'before', code: 'STORAGE_THROTTLED' };
  });
  // Requests at the same time share the clock, which each wait takes further.
  const { storage } = retry(flaky, { deadlineMs: 1e9 });
  testStorageContract('retrying', () => Promise.resolve(storage), everything);
});

testStorageContract(
  'rate-limited',
  () => Promise.resolve(rateLimitedStorage(openMemoryStorage(), { uploadBytesPerSecond: 1e12 })),
  everything,
);

suite('retrying', () => {
  test('waits longer each time, and not past its deadline', async () => {
    const down = faultyStorage(openMemoryStorage(), () => ({ kind: 'before', code: 'STORAGE_UNREACHABLE' }));
    const { storage, pauses } = retry(down, { deadlineMs: 60_000 });
    await assert.rejects(storage.get('x'), (error) => hasCode(error, 'STORAGE_UNREACHABLE'));
    assert.deepEqual(pauses, [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600]);
  });

  test('does not try again what will not pass', async () => {
    const denied = faultyStorage(openMemoryStorage(), () => ({ kind: 'before', code: 'STORAGE_DENIED' }));
    const { storage, pauses } = retry(denied);
    await assert.rejects(storage.delete('x'), (error) => hasCode(error, 'STORAGE_DENIED'));
    assert.deepEqual(pauses, []);
  });

  test('knows its own put again, and that of another or a torn one', async () => {
    const plan = inOrder('put', [
      { kind: 'after-effect' },
      undefined,
      { kind: 'torn', keptBytes: 1 },
      undefined,
      { kind: 'before', code: 'STORAGE_UNREACHABLE' },
    ]);
    const memory = openMemoryStorage();
    const { storage } = retry(faultyStorage(memory, plan));
    assert.equal(await storage.putIfAbsent('ours', [bytes(1, 2)]), 'created');
    assert.equal(await storage.putIfAbsent('torn', [bytes(1, 2)]), 'exists');
    await memory.putIfAbsent('theirs', [bytes(3, 4)]);
    assert.equal(await storage.putIfAbsent('theirs', [bytes(1, 2)]), 'exists');
  });

  test('goes on with a list that broke off', async () => {
    const memory = openMemoryStorage();
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) await memory.putIfAbsent(name, []);
    let breaks = 3;
    const breaking: Storage = {
      ...memory,
      async *list(prefix, options) {
        for await (const object of memory.list(prefix, options)) {
          if (object.name === 'c' && breaks-- > 0)
            await faultyStorage(memory, () => ({ kind: 'before', code: 'STORAGE_UNREACHABLE' })).get('c');
          yield object;
        }
      },
    };
    assert.deepEqual(await namesIn(retry(breaking).storage), names);
    assert.equal(breaks, -1);
  });

  test('stops waiting when asked to', async () => {
    const down = faultyStorage(openMemoryStorage(), () => ({ kind: 'before', code: 'STORAGE_UNREACHABLE' }));
    const controller = new AbortController();
    const storage = retryingStorage(down, { firstPauseMs: 60_000, onRetry: () => controller.abort() });
    await assert.rejects(storage.get('x', { signal: controller.signal }), (error) =>
      hasCode(error, 'INTERRUPTED'),
    );
  });
});

test('a rate holds over several objects, each way', async () => {
  const { clock, wait, pauses } = waitingClock();
  const limits = { uploadBytesPerSecond: 1000, downloadBytesPerSecond: 100, clock, wait };
  const storage = rateLimitedStorage(openMemoryStorage(), limits);
  await Promise.all(['a', 'b', 'c'].map((name) => storage.putIfAbsent(name, [new Uint8Array(500)])));
  assert.deepEqual(pauses, [500, 500]);
  await storage.get('a');
  await storage.get('a', { lengthBytes: 50 });
  await storage.get('a');
  assert.deepEqual(pauses.slice(2), [5000, 500]);
});

test('a store for reading only is read, and not changed', async () => {
  const memory = openMemoryStorage();
  await memory.putIfAbsent('a', [bytes(1)]);
  const storage = readOnlyStorage(memory);
  await assert.rejects(storage.putIfAbsent('b', []), (error) => hasCode(error, 'STORAGE_READ_ONLY'));
  await assert.rejects(storage.delete('a'), (error) => hasCode(error, 'STORAGE_READ_ONLY'));
  assert.deepEqual(await storage.get('a'), bytes(1));
  assert.deepEqual(await namesIn(storage), ['a']);
});

test('faults do what they say', async () => {
  const memory = openMemoryStorage();
  let next: Fault | undefined;
  const storage = faultyStorage(memory, () => next);
  await storage.putIfAbsent('a', [bytes(1, 2, 3)]);
  await storage.putIfAbsent('b', []);
  await storage.delete('b');
  next = { kind: 'stale', changes: 1 };
  assert.deepEqual(await namesIn(storage), ['a', 'b']);
  next = { kind: 'stale', changes: 2 };
  assert.deepEqual(await namesIn(storage), ['a']);
  next = { kind: 'stale', changes: 3 };
  assert.deepEqual(await namesIn(storage), []);
  next = { kind: 'short', keptBytes: 2 };
  assert.deepEqual(await storage.get('a'), bytes(1, 2));
  next = { kind: 'flipped', bit: 8 };
  assert.deepEqual(await storage.get('a'), bytes(1, 3, 3));
  next = { kind: 'torn', keptBytes: 1 };
  await assert.rejects(storage.putIfAbsent('c', [bytes(7, 8)]), (error) =>
    hasCode(error, 'STORAGE_UNREACHABLE'),
  );
  next = undefined;
  assert.deepEqual(await storage.get('c'), bytes(7));
});
