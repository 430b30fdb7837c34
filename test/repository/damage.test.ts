/**
 * Damage to every kind of object: a flipped bit, a cut, another object in its place, none at all. The check names the
 * object and the backups that are hit, reading refuses what is damaged, and all other backups can still be read.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode, operationContext } from '../../src/base/index.ts';
import { checkRepository, rebuildIndex } from '../../src/repository/check/index.ts';
import { generateFileKey } from '../../src/repository/keys/index.ts';
import { contentKey, NeededContents } from '../../src/repository/needed/index.ts';
import {
  initRepository,
  listBackups,
  openRepository,
  openSession,
  putPin,
  putPruneMarker,
  putResult,
  putTombstone,
  type Repository,
} from '../../src/repository/open/index.ts';
import { packName } from '../../src/repository/pack/index.ts';
import { newStamp } from '../../src/repository/records/index.ts';
import { rotateKeys } from '../../src/repository/slots/index.ts';
import { openMemoryStorage, type Storage } from '../../src/storage/index.ts';
import { addSmallBackup, brokenBackups, reopen } from './small-backups.ts';

const ctx = operationContext();
const lock = { kind: 'key-file', key: generateFileKey() } as const;
const at = '2026-11-22T10:00:00.000Z';

interface Sample {
  readonly repository: Repository;
  readonly ids: readonly string[];
  /** By name. */
  readonly objects: ReadonlyMap<string, Uint8Array>;
  /** By pack: the backups that need something in it. */
  readonly users: ReadonlyMap<string, readonly string[]>;
}

/** Three backups of which two share a chunk, and one small object of each kind. */
async function makeSample(): Promise<Sample> {
  const storage = openMemoryStorage();
  const first = await initRepository(storage, { lock }, ctx);
  await rotateKeys(first, { locks: [{ lock, label: 'rotated' }], createdAt: at });
  const repository = await openRepository(storage, { unlock: lock }, ctx);
  const ids: string[] = [];
  for (const chunks of [
    [0, 1, 3],
    [0, 5],
    [7, 9],
  ])
    ids.push((await addSmallBackup(repository, chunks)).id);
  const now = Date.parse(at);
  await putTombstone(repository, newStamp(now), { at, host: 'h', why: 'test' });
  await putTombstone(repository, newStamp(now), { at, host: 'h', why: 'test' });
  for (const id of ids.slice(0, 2)) {
    await putPin(repository, id, { at, reason: 'test' });
    const result = { kind: 'verify', at, host: 'h', tookMs: 1, checked: [], findings: [] } as const;
    await putResult(repository, id, { ...result, verdict: 'passed' }, now);
    await openSession(repository, 'backup', ctx);
    await putPruneMarker(repository, { plannedAt: at, host: 'h', packs: [], segments: [] }, now);
  }
  const objects = new Map<string, Uint8Array>();
  for await (const { name } of storage.list('')) objects.set(name, await storage.get(name));
  return { repository, ids, objects, users: await packUsers(repository) };
}

async function packUsers(repository: Repository): Promise<ReadonlyMap<string, readonly string[]>> {
  const users = new Map<string, string[]>();
  const needs = new NeededContents(repository);
  const { backups } = await listBackups(repository);
  for (const { digest, entries } of (await repository.index()).packs()) {
    const keys = entries
      .filter(({ type }) => type !== 'rowTable')
      .map(({ type, id }) => contentKey(type, id));
    const hit: string[] = [];
    for (const record of backups) {
      const { contents } = await needs.of(record);
      if (keys.some((key) => contents.has(key))) hit.push(record.id);
    }
    users.set(packName(digest), hit);
  }
  return users;
}

const sample = await makeSample();
const text = (name: string) => new TextDecoder().decode(sample.objects.get(name));

/** The sample's store with one object changed; undefined takes it away. */
async function damagedStore(name: string, bytes: Uint8Array | undefined): Promise<Storage> {
  const storage = openMemoryStorage();
  for (const [each, content] of sample.objects) if (each !== name) await storage.putIfAbsent(each, [content]);
  if (bytes !== undefined) await storage.putIfAbsent(name, [bytes]);
  return storage;
}

type Way = 'flipped' | 'cut' | 'replaced' | 'gone';
const ways: readonly Way[] = ['flipped', 'cut', 'replaced', 'gone'];

/** Every object in the sample, damaged in one way, by the beginning of its name. */
function* damages(prefix: string): Generator<{ way: Way; name: string; bytes: Uint8Array | undefined }> {
  const names = [...sample.objects.keys()].filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const content = sample.objects.get(name)!;
    for (const way of ways) {
      if (way === 'gone') yield { way, name, bytes: undefined };
      else if (way === 'cut') yield { way, name, bytes: content.subarray(0, content.length - 3) };
      else if (way === 'flipped')
        for (const offset of [8, 45, content.length >> 1, content.length - 9]) {
          const bytes = Uint8Array.from(content);
          bytes[offset]! ^= 4;
          yield { way, name, bytes };
        }
      else {
        const other = names.find(
          (each) => each !== name && sample.objects.get(each)!.length !== content.length,
        );
        if (other !== undefined) yield { way, name, bytes: sample.objects.get(other) };
      }
    }
  }
}

async function checked(storage: Storage) {
  const repository = reopen(sample.repository, storage);
  const result = await checkRepository(repository, { readData: 1 }, ctx);
  const fails = result.findings.filter(({ severity }) => severity === 'fail');
  return { repository, fails, ...result };
}

test('a sound repository has nothing to be said about it', async () => {
  const {
    findings,
    brokenBackups: broken,
    backups,
    packsRead,
  } = await checked(await damagedStore('', undefined));
  assert.deepEqual(findings, []);
  assert.deepEqual(broken, []);
  assert.deepEqual([backups, packsRead], [3, sample.users.size]);
});

test('a damaged pack hits the backups that need what it holds, and no others', async (t) => {
  let count = 0;
  const hits = new Set<number>();
  for (const { way, name, bytes } of damages('packs/')) {
    const context = `${name}, ${way}`;
    const { repository, fails, brokenBackups: broken } = await checked(await damagedStore(name, bytes));
    const unread = [...(await brokenBackups(repository)).keys()].sort();
    assert.deepEqual(broken, unread, `${context}: the check says what reading finds`);
    const users = sample.users.get(name)!;
    assert.ok(
      broken.every((id) => users.includes(id)),
      `${context}: ${broken.join()}`,
    );
    if (way === 'gone' || way === 'replaced') assert.deepEqual(broken, [...users].sort(), context);
    assert.deepEqual(
      fails.map(({ object, backups }) => ({ object, backups })),
      [{ object: name, backups: broken }],
      context,
    );
    hits.add(broken.length);
    count++;
  }
  t.diagnostic(`${count} damages`);
  assert.deepEqual([...hits].sort(), [0, 1, 2], 'some hit nobody, one, two');
});

test('a damaged record costs its backup', async () => {
  for (const { way, name, bytes } of damages('backups/')) {
    const id = name.slice('backups/'.length);
    const { repository, fails, brokenBackups: broken } = await checked(await damagedStore(name, bytes));
    // What nobody has seen since can only be missed by a host that remembers it.
    const expected = way === 'gone' && id === sample.ids.at(-1) ? [] : [id];
    assert.deepEqual(broken, expected, `${name}, ${way}`);
    assert.deepEqual(
      fails.map(({ object, backups }) => ({ object, backups })),
      expected.map(() => ({ object: name, backups: [id] })),
    );
    const unread = [...(await brokenBackups(repository)).keys()];
    assert.deepEqual(unread, way === 'gone' ? [] : [id]);
  }
});

test('a damaged segment of the index hits what only it names, until the index is rebuilt', async () => {
  for (const { way, name, bytes } of damages('index/')) {
    const context = `${name}, ${way}`;
    const { repository, fails, brokenBackups: broken } = await checked(await damagedStore(name, bytes));
    assert.ok(broken.length > 0, context);
    assert.deepEqual([...(await brokenBackups(repository)).keys()].sort(), broken, context);
    if (way !== 'gone')
      assert.deepEqual(
        fails.map(({ object }) => object),
        [name],
        context,
      );
    assert.deepEqual([...new Set(fails.flatMap(({ backups }) => backups))].sort(), broken, context);
    await rebuildIndex(repository, ctx);
    const again = await checked(repository.storage);
    assert.deepEqual(again.findings, [], `${context}, rebuilt`);
    assert.deepEqual([...(await brokenBackups(repository))], []);
  }
});

test('a damaged statement is named, and costs no backup', async () => {
  for (const prefix of ['sessions/', 'prune/', 'forgotten/', 'pins/', 'results/'])
    for (const { way, name, bytes } of damages(prefix)) {
      const { repository, fails, brokenBackups: broken } = await checked(await damagedStore(name, bytes));
      assert.deepEqual(broken, [], `${name}, ${way}`);
      assert.deepEqual(
        fails.map(({ object }) => object),
        way === 'gone' ? [] : [name],
        `${name}, ${way}`,
      );
      assert.deepEqual([...(await brokenBackups(repository))], []);
    }
});

test('with config or a generation changed nothing opens; put back, everything does', async () => {
  const generation = 'generations/2';
  for (const prefix of ['config', 'generations/'])
    for (const { way, name, bytes } of damages(prefix)) {
      const storage = await damagedStore(name, bytes);
      if (way === 'gone' && name === generation) {
        await hidesGeneration(storage);
        continue;
      }
      await assert.rejects(
        openRepository(storage, { unlock: lock }, ctx),
        (error) =>
          hasCode(error, 'REPOSITORY_DAMAGED') ||
          hasCode(error, 'REPOSITORY_NOT_FOUND') ||
          hasCode(error, 'REPOSITORY_FORMAT_UNKNOWN'),
        `${name}, ${way}`,
      );
      await storage.delete(name);
      await storage.putIfAbsent(name, [sample.objects.get(name)!]);
      const repository = await openRepository(storage, { unlock: lock }, ctx);
      assert.deepEqual([...(await brokenBackups(repository))], []);
    }
});

/** Without the generation it looks as before the rotation: what was stored after it is refused, and the check says why. */
async function hidesGeneration(storage: Storage): Promise<void> {
  const repository = await openRepository(storage, { unlock: lock }, ctx);
  const { findings, brokenBackups: broken } = await checkRepository(repository, { readData: 1 }, ctx);
  assert.deepEqual(broken, [...sample.ids].sort());
  assert.ok(findings.some(({ code }) => code === 'generation-missing'));
}

test('a damaged key leaves the others', async () => {
  const slots = [...sample.objects.keys()].filter((name) => name.startsWith('keys/'));
  assert.equal(slots.length, 2);
  const older = slots.filter((name) => text(name).includes('"generation": 1'));
  assert.equal(older.length, 1);
  for (const { way, name, bytes } of damages('keys/')) {
    if (!older.includes(name)) continue;
    const storage = await damagedStore(name, bytes);
    const repository = await openRepository(storage, { unlock: lock }, ctx);
    assert.deepEqual([...(await brokenBackups(repository))], [], `${name}, ${way}`);
  }
});
