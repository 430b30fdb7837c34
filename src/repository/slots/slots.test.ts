import assert from 'node:assert/strict';
import test from 'node:test';
import { hasCode, operationContext } from '../../base/index.ts';
import { faultyStorage, openMemoryStorage, type Storage } from '../../storage/index.ts';
import { createSlot, encodeSlot, generateFileKey, generateX25519, slotDirectory } from '../keys/index.ts';
import { initRepository, openRepository } from '../open/index.ts';
import { addSlot, findSlot, listSlots, removeSlot, rotateKeys } from './index.ts';

const ctx = operationContext();
const createdAt = '2026-11-22T10:00:00.000Z';
const newLock = () => ({ kind: 'key-file', key: generateFileKey() }) as const;

async function makeRepository(storage: Storage = openMemoryStorage()) {
  const lock = newLock();
  const repository = await initRepository(storage, { lock }, ctx);
  const open = (unlock: ReturnType<typeof newLock>) => openRepository(storage, { unlock }, ctx);
  return { storage, lock, repository, open };
}

test('a key holds what it allows; one that only writes can pass on no more', async () => {
  const { repository, open } = await makeRepository();
  const lock = newLock();
  await addSlot(repository, { lock, label: 'node', allows: ['write'], createdAt });
  const writer = await open(lock);
  assert.deepEqual(writer.uses, ['write']);
  await assert.rejects(addSlot(writer, { lock: newLock(), label: '', allows: ['read'], createdAt }), {
    code: 'REPOSITORY_KEY_INSUFFICIENT',
  });
  const other = newLock();
  await addSlot(writer, { lock: other, label: '', createdAt });
  assert.deepEqual((await open(other)).uses, ['write']);
});

test('the last key that reads stays, whoever is asked to remove it', async () => {
  const { repository, open } = await makeRepository();
  const first = repository.slot.slot;
  await addSlot(repository, { lock: newLock(), label: 'node', allows: ['write'], createdAt });
  await assert.rejects(removeSlot(repository, first), { code: 'REPOSITORY_KEY_LAST' });
  const lock = newLock();
  const second = await addSlot(repository, { lock, label: 'second', createdAt });
  assert.equal(await removeSlot(repository, first.slice(0, 8)), first);
  await assert.rejects(removeSlot(repository, second.slot), { code: 'REPOSITORY_KEY_LAST' });
  assert.deepEqual((await open(lock)).uses, ['write', 'read', 'bundle']);
});

test('of two who remove the last two readers at the same time, one gives its back', async () => {
  const memory = openMemoryStorage();
  const { repository } = await makeRepository(memory);
  const second = await addSlot(repository, { lock: newLock(), label: 'second', createdAt });
  // Both have looked before either deletes.
  let waiting = 0;
  let go = () => {};
  const both = new Promise<void>((resolve) => {
    go = resolve;
  });
  const storage: Storage = {
    ...memory,
    get capabilities() {
      return memory.capabilities;
    },
    async delete(name, options) {
      if (++waiting === 2) go();
      await both;
      await memory.delete(name, options);
    },
  };
  const store = { storage, keys: repository.keys };
  const outcomes = await Promise.allSettled([
    removeSlot(store, repository.slot.slot),
    removeSlot(store, second.slot),
  ]);
  assert.ok(outcomes.some(({ status }) => status === 'rejected'));
  assert.ok((await listSlots(memory)).length >= 1);
});

test('a key whose put failed after it took effect is not left behind', async () => {
  const memory = openMemoryStorage();
  const { repository } = await makeRepository(memory);
  const storage = faultyStorage(memory, ({ action }) =>
    action === 'put' ? { kind: 'after-effect' } : undefined,
  );
  await assert.rejects(
    addSlot({ storage, keys: repository.keys }, { lock: newLock(), label: '', createdAt }),
    (error) => hasCode(error, 'STORAGE_UNREACHABLE'),
  );
  assert.equal((await listSlots(memory)).length, 1);
});

test('an id is found by its beginning when no other begins so', async () => {
  const { repository, storage } = await makeRepository();
  for (let count = 0; count < 20; count++)
    await addSlot(repository, { lock: newLock(), label: '', allows: ['write'], createdAt });
  const listed = await listSlots(storage);
  for (const { name } of listed) assert.equal(findSlot(listed, name.slice(slotDirectory.length)).name, name);
  for (const none of ['', 'x', '00000000000000000']) assert.throws(() => findSlot(listed, none), /key/);
  // 21 ids and 16 digits to begin with.
  const shared = Array.from('0123456789abcdef').find(
    (digit) => listed.filter(({ name }) => name.startsWith(`${slotDirectory}${digit}`)).length > 1,
  )!;
  assert.throws(() => findSlot(listed, shared), { code: 'REPOSITORY_KEY_NOT_FOUND' });
});

test('after a rotation the keys that were not renewed read what is older, and cannot rotate', async () => {
  const { repository, lock, open } = await makeRepository();
  const old = newLock();
  await addSlot(repository, { lock: old, label: 'old', createdAt });
  const writer = newLock();
  await addSlot(repository, { lock: writer, label: 'node', allows: ['write'], createdAt });
  const { generation, slots } = await rotateKeys(repository, {
    locks: [{ lock, label: 'first' }],
    createdAt,
  });
  assert.equal(generation, 2);
  assert.deepEqual(
    slots.map((slot) => slot.generation),
    [2],
  );
  const renewed = await open(lock);
  assert.equal(renewed.keys.secrets.content.length, 2);
  assert.deepEqual((await open(writer)).uses, ['write']);
  const left = await open(old);
  assert.equal(left.keys.secrets.content.length, 1);
  await assert.rejects(rotateKeys(left, { locks: [{ lock: old, label: '' }], createdAt }), {
    code: 'REPOSITORY_KEY_INSUFFICIENT',
  });
  const passedOn = await addSlot(left, { lock: newLock(), label: 'from an old one', createdAt });
  assert.equal(passedOn.generation, 1, 'a key says no more than it holds');
});

test('a rotation that was killed before its generation does no harm, and the next one clears it', async () => {
  const { repository, lock, open, storage } = await makeRepository();
  const { keys } = repository;
  const content = generateX25519();
  const bundle = generateX25519();
  const unborn = {
    ...keys,
    secrets: {
      ...keys.secrets,
      content: [...keys.secrets.content, content.privateKey],
      bundle: [...keys.secrets.bundle, bundle.privateKey],
    },
    publicKeys: [...keys.publicKeys, { content: content.publicKey, bundle: bundle.publicKey }],
  };
  const slot = await createSlot({ keys: unborn, lock, label: 'killed', createdAt });
  await storage.putIfAbsent(`${slotDirectory}${slot.slot}`, [encodeSlot(slot)]);
  const again = await open(lock);
  assert.equal(again.keys.secrets.content.length, 1);
  await rotateKeys(again, { locks: [{ lock, label: 'renewed' }], createdAt });
  assert.equal((await open(lock)).keys.secrets.content.length, 2);
  const ids = (await listSlots(storage)).map(({ name }) => name);
  assert.ok(!ids.includes(`${slotDirectory}${slot.slot}`));
});

test('a slot that opens to other keys does not keep the right one from opening', async () => {
  const { repository, lock, open, storage } = await makeRepository();
  const foreign = await initRepository(openMemoryStorage(), { lock: newLock() }, ctx);
  const { repositoryId } = repository.keys;
  for (let planted = 0; planted < 4; planted++) {
    const keys = { ...foreign.keys, repositoryId };
    const slot = await createSlot({ keys, lock, label: 'planted', createdAt });
    await storage.putIfAbsent(`${slotDirectory}${slot.slot}`, [encodeSlot(slot)]);
  }
  assert.equal((await open(lock)).slot.slot, repository.slot.slot);
  await storage.delete(`${slotDirectory}${repository.slot.slot}`);
  await assert.rejects(open(lock), { code: 'REPOSITORY_DAMAGED' });
});
