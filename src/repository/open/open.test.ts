import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hasCode, operationContext } from '../../base/index.ts';
import { openMemoryStorage, type Storage } from '../../storage/index.ts';
import { generateFileKey, type Unlock } from '../keys/index.ts';
import { PackBuilder } from '../pack/index.ts';
import {
  initRepository,
  listBackupIds,
  listSessions,
  listTombstones,
  openRepository,
  openSession,
  putTombstone,
  readContents,
  type Repository,
} from './index.ts';

const ctx = operationContext();
const key = generateFileKey();
const lock = { kind: 'key-file', key } as const;

async function names(storage: Storage): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of storage.list('')) found.push(name);
  return found;
}

describe('a repository', () => {
  test('opens with what it was made with, and with nothing else', async () => {
    const storage = openMemoryStorage();
    const made = await initRepository(storage, { lock }, ctx);
    const opened = await openRepository(storage, { unlock: lock }, ctx);
    assert.equal(opened.repositoryId, made.repositoryId);
    assert.deepEqual(opened.uses, ['write', 'read', 'bundle']);
    const wrong: Unlock[] = [
      { kind: 'key-file', key: generateFileKey() },
      { kind: 'passphrase', passphrase: 'x' },
    ];
    for (const unlock of wrong)
      await assert.rejects(openRepository(storage, { unlock }, ctx), (error) => {
        assert.ok(hasCode(error, 'REPOSITORY_KEY_WRONG'));
        return error.exitStatus === 4;
      });
  });

  test('is made once', async () => {
    const storage = openMemoryStorage();
    await initRepository(storage, { lock }, ctx);
    const before = await names(storage);
    await assert.rejects(initRepository(storage, { lock }, ctx), (error) =>
      hasCode(error, 'REPOSITORY_EXISTS'),
    );
    assert.deepEqual(await names(storage), before);
    await assert.rejects(openRepository(openMemoryStorage(), { unlock: lock }, ctx), (error) =>
      hasCode(error, 'REPOSITORY_NOT_FOUND'),
    );
  });

  test('two inits at once make one, and what a killed one left goes', async () => {
    const storage = openMemoryStorage();
    const other = openMemoryStorage();
    await initRepository(other, { lock }, ctx);
    const leftover = (await names(other)).find((name) => name.startsWith('keys/'))!;
    await storage.putIfAbsent(leftover, [await other.get(leftover)]);
    const both = await Promise.allSettled([1, 2].map(() => initRepository(storage, { lock }, ctx)));
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.equal((await names(storage)).length, 2);
    await openRepository(storage, { unlock: lock }, ctx);
  });
});

/** Contents of this pack type, a pack of its own each time it is called. */
async function store(repository: Repository, ...texts: readonly string[]): Promise<Uint8Array[]> {
  const builder = new PackBuilder(repository.keys, 'tablePack');
  const ids = texts.map((text) => new Uint8Array(32).fill(text.length));
  for (const [at, text] of texts.entries()) await builder.add('rowTable', ids[at]!, Buffer.from(text));
  const pack = await builder.finish();
  await repository.putPack(pack);
  await repository.putSegment([pack]);
  return ids;
}

const wanted = (ids: readonly Uint8Array[]) => ids.map((id) => ({ type: 'rowTable', id }) as const);

describe('contents', () => {
  test('are read in the order of the question, across packs', async () => {
    const storage = openMemoryStorage();
    const repository = await initRepository(storage, { lock }, ctx);
    const first = await store(repository, 'a', 'bb', 'ccc');
    const second = await store(repository, 'dddd');
    const opened = await openRepository(storage, { unlock: lock }, ctx);
    const order = [first[1]!, first[2]!, second[0]!, first[0]!];
    const texts: string[] = [];
    for await (const content of readContents(opened, wanted(order)))
      texts.push(Buffer.from(content).toString());
    assert.deepEqual(texts, ['bb', 'ccc', 'dddd', 'a']);
  });

  test('are found again after a pruner has moved them', async () => {
    const storage = openMemoryStorage();
    const repository = await initRepository(storage, { lock }, ctx);
    const [id] = await store(repository, 'a');
    const reader = await openRepository(storage, { unlock: lock }, ctx);
    await reader.index();
    const old = await names(storage);
    await store(repository, 'a');
    for (const name of old.filter((name) => /^(packs|index)\//.test(name))) await storage.delete(name);
    assert.equal(Buffer.from(await reader.getContent('rowTable', id!)).toString(), 'a');
  });

  test('that are nowhere, or changed, are said to be damaged', async () => {
    const storage = openMemoryStorage();
    const repository = await initRepository(storage, { lock }, ctx);
    const [id] = await store(repository, 'a');
    const isDamaged = (error: unknown) => hasCode(error, 'REPOSITORY_DAMAGED');
    await assert.rejects(repository.getContent('rowTable', new Uint8Array(32)), isDamaged);
    const pack = (await names(storage)).find((name) => name.startsWith('packs/'))!;
    const bytes = await storage.get(pack);
    bytes[47]! ^= 1;
    await storage.delete(pack);
    await assert.rejects(repository.getContent('rowTable', id!), isDamaged);
    await storage.putIfAbsent(pack, [bytes]);
    await assert.rejects(repository.getContent('rowTable', id!), isDamaged);
  });
});

test('a session is seen by others, and goes with its process', async () => {
  const storage = openMemoryStorage();
  const repository = await initRepository(storage, { lock }, ctx);
  {
    await using session = await openSession(repository, 'backup', ctx);
    const [seen] = await listSessions(repository);
    assert.equal(seen?.name, session.name);
    assert.ok(!(seen.statement instanceof Error) && seen.statement.processId === process.pid);
    await session.check();
    await storage.delete(session.name);
    await assert.rejects(session.check(), (error) => hasCode(error, 'REPOSITORY_SESSION_LOST'));
  }
  assert.deepEqual(await listSessions(repository), []);
});

test('a record with a tombstone is no backup', async () => {
  const storage = openMemoryStorage();
  const repository = await initRepository(storage, { lock }, ctx);
  const ids = ['20261122-101112-00000001', '20261122-101113-00000000'];
  for (const id of [...ids].reverse()) await storage.putIfAbsent(`backups/${id}`, [Buffer.from('x')]);
  await storage.putIfAbsent('backups/readme', [Buffer.from('x')]);
  assert.deepEqual(await listBackupIds(repository), ids);
  for (let twice = 0; twice < 2; twice++)
    await putTombstone(repository, ids[0]!, { at: '', host: '', why: 'test' });
  assert.deepEqual(await listBackupIds(repository), [ids[1]]);
  assert.equal((await listTombstones(repository)).length, 1);
});
