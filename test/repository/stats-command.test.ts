import assert from 'node:assert/strict';
import { readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { utf8 } from '../../src/base/index.ts';
import { buildDatabase } from '../support/build-database.ts';
import { hexRow, tinyRows } from '../support/memory-store.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { type Env, type Json, makeRepository, run } from './repository-commands.ts';

interface Stats {
  readonly keys: Json;
  readonly backups: number;
  readonly verified: number;
  readonly pinned: number;
  readonly oldest?: string;
  readonly newest?: string;
  readonly databaseBytes: number;
  readonly storedBytes: number;
  readonly storedObjects: number;
  readonly dedupeRatio?: number;
  readonly groups: Readonly<Record<string, { readonly objects: number; readonly bytes: number }>>;
  readonly perBackup: readonly {
    readonly id: string;
    readonly newBytes: number;
    readonly storedBytes: number;
  }[];
  readonly unneeded?: { readonly freedBytes: number; readonly stayingBytes: number };
  readonly problems: readonly { readonly code: string }[];
}

let dir: Awaited<ReturnType<typeof tempDir>>;
before(async () => {
  dir = await tempDir('stats');
});
after(() => dir[Symbol.asyncDispose]());

const statsOf = async (env: Env, exitCode = 0) =>
  (await run(env, exitCode, 'repo', 'stats')) as unknown as Stats;

/** Backs up a small database; with `more`, the same one a revision later. */
async function backUp(env: Env, more = false): Promise<string> {
  const path = join(dir.path, 'small.db');
  const later = hexRow('00000000000000075f0000000000000000', '0a01781006180720022a0132');
  const rows = more ? { ...tinyRows, key: [...tinyRows['key']!, later] } : tinyRows;
  const buckets = Object.entries(rows).map(([bucket, items]) => ({ name: utf8(bucket), items }));
  await writeFile(path, buildDatabase(buckets));
  return String((await run(env, 0, 'backup', 'create', path, '--skip-hash-check'))['id']);
}

/** Objects and bytes of a repository in a directory, counted another way. */
async function countFiles(location: string): Promise<readonly [number, number]> {
  const entries = await readdir(location, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  let bytes = 0;
  for (const { parentPath, name } of files) bytes += (await stat(join(parentPath, name))).size;
  return [files.length, bytes];
}

/** What was put a moment ago is left alone by a prune: its writer may be at work. */
async function makeOld(path: string): Promise<void> {
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), 1e9, 1e9);
}

test('the numbers are those of the objects, the records and the keys', async () => {
  const { env, location } = await makeRepository(dir.path, 'numbers');
  const empty = await statsOf(env);
  assert.deepEqual(
    [empty.backups, empty.oldest, empty.dedupeRatio, empty.perBackup],
    [0, undefined, undefined, []],
  );
  const ids = [await backUp(env), await backUp(env), await backUp(env, true)];
  await run(env, 0, 'backup', 'verify', ids[0]!);
  await run(env, 0, 'backup', 'pin', ids[1]!, '--reason', 'test');
  await run(env, 0, 'repo', 'key', 'add', '--new-key-file', join(dir.path, 'writer.key'), '--allow', 'write');
  const stats = await statsOf(env);
  assert.deepEqual([stats.backups, stats.verified, stats.pinned], [3, 1, 1]);
  assert.deepEqual(stats.keys, { passphrase: 0, 'key-file': 2, age: 0 });
  assert.deepEqual([stats.storedObjects, stats.storedBytes], await countFiles(location));
  const sum = Object.values(stats.groups).reduce((bytes, group) => bytes + group.bytes, 0);
  assert.equal(sum, stats.storedBytes);
  assert.equal(stats.groups['record']?.objects, 3);
  assert.equal(stats.groups['key']?.objects, 3);
  assert.equal(stats.databaseBytes, 3 * (await stat(join(dir.path, 'small.db'))).size);
  assert.deepEqual(stats.perBackup.map(({ id }) => id).sort(), ids.toSorted());
  const first = stats.perBackup.find(({ id }) => id === ids[0])!;
  const second = stats.perBackup.find(({ id }) => id === ids[1])!;
  assert.ok(first.newBytes > 0 && second.newBytes === 0 && second.storedBytes < first.storedBytes);
  assert.ok(stats.dedupeRatio! > 1);
  assert.deepEqual(stats.problems, []);
  const asWriter = { ...env, HOLDFAST_KEY_FILE: join(dir.path, 'writer.key') };
  assert.equal((await statsOf(asWriter)).storedBytes, stats.storedBytes, 'a key that only writes is enough');
});

test('as text it is two columns in which a person finds their way', async () => {
  const { env, location } = await makeRepository(dir.path, 'text');
  await backUp(env);
  const { exitCode, stdout, stderr } = await runHoldfast(['repo', 'stats'], { env });
  assert.equal(exitCode, 0, stderr);
  const rows = new Map(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/) as [string, string]),
  );
  assert.equal(rows.get('location'), location);
  assert.equal(rows.get('keys'), '1 key file');
  assert.equal(rows.get('backups'), '1 (0 verified, 0 pinned)');
  assert.match(rows.get('packs of rows')!, /^\d+ B in 1$|kB in 1$/);
  assert.match(rows.get('stored')!, /^\S+ \S+ in \d+ objects/);
  assert.equal(rows.get('a prune would free'), '0 B');
});

test('what a prune would free is what it frees', async () => {
  const { env, location } = await makeRepository(dir.path, 'unneeded');
  const id = await backUp(env);
  assert.deepEqual((await statsOf(env)).unneeded?.freedBytes, 0);
  await run(env, 0, 'backup', 'forget', id);
  await makeOld(join(location, 'packs'));
  const { groups, unneeded } = await statsOf(env);
  const packBytes = groups['chunkPack']!.bytes + groups['tablePack']!.bytes;
  assert.equal(unneeded?.freedBytes, packBytes);
  const pruned = await run(env, 0, 'backup', 'prune');
  assert.equal(pruned['deletedBytes'], packBytes);
  const afterwards = await statsOf(env);
  assert.equal(afterwards.groups['chunkPack'], undefined);
  assert.equal(afterwards.unneeded?.freedBytes, 0);
});

test('what is damaged is said, and the rest is counted', async () => {
  const { env, location } = await makeRepository(dir.path, 'damaged');
  await backUp(env);
  const whole = await statsOf(env);
  await rm(join(location, 'index'), { recursive: true });
  const { problems, unneeded, backups, groups } = await statsOf(env, 3);
  assert.equal(backups, 1);
  assert.equal(unneeded, undefined);
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['REPOSITORY_DAMAGED'],
  );
  assert.equal(
    groups['unnamedPack']!.objects,
    whole.groups['chunkPack']!.objects + whole.groups['tablePack']!.objects,
  );
  for (const name of await readdir(join(location, 'backups')))
    await writeFile(join(location, 'backups', name), 'no record');
  const lost = await statsOf(env, 3);
  assert.equal(lost.backups, 0);
  assert.ok(lost.problems.length >= 1);
});
