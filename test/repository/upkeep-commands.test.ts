import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { utf8 } from '../../src/base/index.ts';
import { buildDatabase } from '../support/build-database.ts';
import { tinyRows } from '../support/memory-store.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { eventually } from '../support/waiting.ts';
import { type Json, makeRepository, run } from './repository-commands.ts';

let dir: Awaited<ReturnType<typeof tempDir>>;
before(async () => {
  dir = await tempDir('upkeep');
});
after(() => dir[Symbol.asyncDispose]());

/** A repository with as many backups of the same tiny database. */
async function repositoryWith(name: string, backups: number) {
  const { env, location } = await makeRepository(dir.path, name);
  const path = join(dir.path, `${name}.db`);
  const buckets = Object.entries(tinyRows).map(([bucket, items]) => ({ name: utf8(bucket), items }));
  await writeFile(path, buildDatabase(buckets));
  const ids: string[] = [];
  for (let made = 0; made < backups; made++)
    ids.push(String((await run(env, 0, 'backup', 'create', path, '--skip-hash-check'))['id']));
  return { env, ids, location, path };
}

test('a verified backup is listed as such and is not forgotten; a pinned one neither', async () => {
  const { env, ids } = await repositoryWith('forget', 3);
  const [first, second] = ids as [string, string];
  assert.equal((await run(env, 0, 'backup', 'verify', first))['ok'], true);
  await run(env, 0, 'backup', 'pin', second, '--reason', 'before the upgrade');
  const { backups } = (await run(env, 0, 'backup', 'list')) as { backups: Json[] };
  // In the list, those of one second have no order but that of their ids.
  const listed = new Map(backups.map(({ id, verified, pinned }) => [id, [verified, pinned]]));
  assert.deepEqual(
    ids.map((id) => listed.get(id)),
    [
      ['verify passed', false],
      ['', true],
      ['', false],
    ],
  );
  assert.deepEqual((await run(env, 0, 'backup', 'forget'))['forgotten'], [], 'no policy forgets nothing');
  const table = await runHoldfast(['backup', 'forget', '--keep-last', '1', '--dry-run'], { env });
  assert.match(table.stdout, new RegExp(`${first} .* keep .*verif`));
  assert.match(table.stdout, new RegExp(`${second} .* keep .*before the upgrade`));
  await run(env, 4, 'backup', 'forget', first);
  await run(env, 2, 'backup', 'forget', first, '--keep-last', '1');
  const latest = await runHoldfast(['backup', 'forget', 'latest'], { env });
  assert.match(latest.stderr, /^Error: there is no backup latest\nhint: .* by its id or the beginning of it/);
  // Past its end a pin holds, and is pointed out.
  await run(env, 0, 'backup', 'pin', second, '--until', '2001-01-01');
  const ended = await run(env, 0, 'backup', 'forget', '--keep-last', '1');
  assert.deepEqual(ended['forgotten'], []);
  assert.ok((ended['warnings'] as { code: string }[]).some(({ code }) => code === 'retention-pin-ended'));
  await run(env, 2, 'backup', 'unpin');
  assert.deepEqual((await run(env, 0, 'backup', 'unpin', '--ended'))['unpinned'], [second]);
  await run(env, 0, 'backup', 'unpin', second);
  const forgotten = await runHoldfast(['backup', 'forget', '--keep-last', '1'], { env });
  assert.match(forgotten.stdout, new RegExp(`^${second} .* forget `, 'm'));
  assert.deepEqual([forgotten.exitCode, forgotten.stderr], [0, ''], 'the table says it all');
});

test('a store whose times are not those of the backups holds everything back, until it is told to ignore them', async () => {
  const { env, ids, location } = await repositoryWith('copied', 3);
  const unrelated = new Date(Date.now() - 7 * 86_400_000);
  for (const id of ids) await utimes(join(location, 'backups', id), unrelated, unrelated);
  const held = await run(env, 0, 'backup', 'forget', '--keep-last', '1');
  assert.deepEqual(held['forgotten'], []);
  const warnings = held['warnings'] as { code: string; message: string }[];
  const doubtful = warnings.find(({ code }) => code === 'retention-time-doubtful');
  assert.match(doubtful!.message, /--ignore-store-times/);
  const freed = await run(env, 0, 'backup', 'forget', '--keep-last', '1', '--ignore-store-times');
  assert.equal((freed['forgotten'] as string[]).length, 2);
});

test('a check names what is damaged and whom it hits; a lost index is written anew', async () => {
  const { env, ids, location } = await repositoryWith('check', 1);
  assert.equal((await run(env, 0, 'repo', 'check', '--read-data'))['ok'], true);
  await rm(join(location, 'index'), { recursive: true });
  assert.deepEqual((await run(env, 3, 'repo', 'check'))['brokenBackups'], ids);
  assert.equal((await run(env, 0, 'repo', 'check', '--rebuild-index'))['ok'], true);
  const packs = await readdir(join(location, 'packs'), { recursive: true, withFileTypes: true });
  for (const pack of packs.filter((entry) => entry.isFile())) {
    const path = join(pack.parentPath, pack.name);
    const bytes = await readFile(path);
    bytes[bytes.length >> 1]! ^= 1;
    await rm(path);
    await writeFile(path, bytes);
  }
  const found = await run(env, 3, 'repo', 'check', '--read-data');
  assert.deepEqual(found['brokenBackups'], ids);
  const findings = found['findings'] as { code: string }[];
  assert.ok(findings.some(({ code }) => code === 'pack-damaged'));
});

test('a prune says what it would free, and its bytes are gone from the disk', async () => {
  const { env, ids, location, path } = await repositoryWith('prune', 1);
  await run(env, 0, 'backup', 'forget', ...ids);
  await run(env, 2, 'backup', 'prune', '--max-repack', 'much');
  const packsIn = async () => {
    const entries = await readdir(join(location, 'packs'), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const sizes = await Promise.all(
      files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
    );
    return { count: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  };
  const before = await packsIn();
  assert.ok(before.count >= 2 && before.bytes > 0);
  // What was put within the last second by the store's clock is left to a later prune, and the dry run knows it.
  const planned = await eventually(30_000, 'the packs are old enough', async () => {
    const foreseen = await run(env, 0, 'backup', 'prune', '--dry-run');
    return foreseen['deletedPacks'] === before.count ? foreseen : undefined;
  });
  assert.deepEqual(await packsIn(), before, 'a dry run changes nothing');
  const pruned = await run(env, 0, 'backup', 'prune');
  assert.deepEqual(
    [planned['dryRun'], planned['deletedPacks'], planned['deletedBytes']],
    [true, before.count, before.bytes],
  );
  assert.deepEqual([pruned['deletedPacks'], pruned['deletedBytes']], [before.count, before.bytes]);
  assert.deepEqual(await packsIn(), { count: 0, bytes: 0 });
  const nothing = await runHoldfast(['backup', 'prune'], { env });
  assert.deepEqual(
    [nothing.exitCode, nothing.stdout, nothing.stderr],
    [0, 'No pack can go; 0 B of waste stay\n', ''],
  );
  const empty = await runHoldfast(['backup', 'list'], { env });
  assert.deepEqual([empty.exitCode, empty.stderr], [0, 'There is no backup yet.\n']);
  assert.equal((await run(env, 0, 'repo', 'check'))['ok'], true);
  await run(env, 0, 'backup', 'create', path, '--skip-hash-check');
  assert.equal((await run(env, 0, 'repo', 'check', '--read-data'))['ok'], true);
});
