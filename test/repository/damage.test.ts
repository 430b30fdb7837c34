/**
 * Damage to every kind of object: a flipped bit, a cut, another object in its place, none at all. The check names the
 * object and the backups that are hit, reading refuses what is damaged, and all other backups can still be read.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode, memorySource, operationContext, utf8 } from '../../src/base/index.ts';
import { openDatabase } from '../../src/formats/bbolt/index.ts';
import { prepareBundle, storeBundle } from '../../src/repository/bundle/index.ts';
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
  putRecord,
  putResult,
  putTombstone,
  readRecord,
  type Repository,
} from '../../src/repository/open/index.ts';
import { packName } from '../../src/repository/pack/index.ts';
import { type BackupRecord, newStamp } from '../../src/repository/records/index.ts';
import { rotateKeys } from '../../src/repository/slots/index.ts';
import { storeDatabase } from '../../src/repository/store-database/index.ts';
import { openMemoryStorage, type Storage } from '../../src/storage/index.ts';
import { buildDatabase } from '../support/build-database.ts';
import { tinyRows } from '../support/memory-store.ts';
import { checkStoredRepository } from '../../src/operations/upkeep/index.ts';
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

/**
 * Four backups, of which two share a chunk and one is exact and has a bundle, and two small objects of each kind.
 */
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
  ids.push((await addWholeBackup(repository, ids)).id);
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

/** One with everything that a backup can have. */
async function addWholeBackup(repository: Repository, seen: readonly string[]): Promise<BackupRecord> {
  const rows = Object.entries(tinyRows).map(([name, items]) => ({ name: utf8(name), items }));
  const database = openDatabase(memorySource(buildDatabase(rows)));
  const stored = await storeDatabase(repository, database, {
    ...{ avoidedPacks: new Set<string>(), expectedBytes: 0, exact: database, signal: ctx.signal },
  });
  const file = { mode: 0o600, uid: 0, gid: 0, mtimeMs: Date.parse(at) };
  const bundle = prepareBundle(repository, {
    directories: [],
    links: [],
    files: ['ca.crt', 'ca.key'].map((name) => ({
      ...{ ...file, path: `/etc/kubernetes/pki/${name}`, kind: 'pki' as const },
      content: utf8(`${name} `.repeat(50)),
    })),
  });
  const sealed = await storeBundle(repository, bundle, { avoidedPacks: new Set(), signal: ctx.signal });
  const like = await readRecord(repository, seen[0]!);
  const { recipe, layout } = stored;
  const id = newStamp(Date.parse(at));
  return putRecord(repository, { ...like, id, recipe, layout: layout!, bundle: sealed.bundle, seen });
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
        const others = names
          .filter((each) => each !== name)
          .map((each) => sample.objects.get(each)!)
          .filter(({ length }) => length !== content.length);
        // Of the same kind if there is one: packs are told apart by the fifth byte.
        const other = others.find((each) => each[4] === content[4]) ?? others[0];
        if (other !== undefined) yield { way, name, bytes: other };
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
  assert.deepEqual([backups, packsRead], [4, sample.users.size]);
  const kinds = new Set([...(await sample.repository.index()).packs()].map(({ kind }) => kind));
  assert.deepEqual([...kinds].sort(), ['bundlePack', 'chunkPack', 'tablePack']);
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
    assert.deepEqual((await rebuildIndex(repository, ctx)).unreadable, [], context);
    const again = await checked(repository.storage);
    assert.deepEqual(again.findings, [], `${context}, rebuilt`);
    assert.deepEqual([...(await brokenBackups(repository))], []);
  }
});

test('a rebuild of the index says which packs it cannot read, and costs no backup that could be read before', async () => {
  const names = [...sample.users.keys()];
  for (const name of names) {
    const bytes = Uint8Array.from(sample.objects.get(name)!);
    // In the table, which only a rebuild reads.
    bytes[bytes.length - 9]! ^= 4;
    const repository = reopen(sample.repository, await damagedStore(name, bytes));
    assert.deepEqual([...(await brokenBackups(repository))], [], 'the table is not needed');
    const { ok, check, rebuilt } = await checkStoredRepository({ repository, rebuildIndex: true }, ctx);
    assert.deepEqual(
      rebuilt!.unreadable.map((pack) => pack.name),
      [name],
    );
    assert.equal(ok, false);
    const fails = check.findings.filter(({ severity }) => severity === 'fail');
    assert.deepEqual(
      fails.map(({ object, code }) => [object, code]),
      [[name, 'pack-unreadable']],
    );
    assert.deepEqual([...(await brokenBackups(repository))], [], name);
  }
  // Where no segment is left that names it, nobody knows what it held: those who needed that are named.
  const [name] = names.filter((each) => sample.users.get(each)!.length > 0) as [string];
  const storage = await damagedStore(name, sample.objects.get(name)!.subarray(0, 60));
  for (const each of sample.objects.keys()) if (each.startsWith('index/')) await storage.delete(each);
  const repository = reopen(sample.repository, storage);
  const { ok, check } = await checkStoredRepository({ repository, rebuildIndex: true }, ctx);
  assert.equal(ok, false);
  assert.deepEqual(check.brokenBackups, [...sample.users.get(name)!].sort());
  assert.deepEqual([...(await brokenBackups(repository)).keys()].sort(), check.brokenBackups);
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
