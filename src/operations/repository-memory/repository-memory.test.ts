import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext, type OperationEvent } from '../../base/index.ts';
import { generateFileKey, initRepository, openRepository, rotateKeys } from '../../repository/index.ts';
import { openMemoryStorage } from '../../storage/index.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { addSmallBackup, reopen } from '../../../test/repository/small-backups.ts';
import { recallRepository } from './index.ts';

/** One with a backup; codes of the warnings so far. */
async function seenRepository() {
  const codes: string[] = [];
  const events = (event: OperationEvent) => event.type === 'warning' && codes.push(event.code);
  const ctx = operationContext({ events });
  const storage = openMemoryStorage();
  const lock = { kind: 'key-file', key: generateFileKey() } as const;
  const repository = await initRepository(storage, { lock }, ctx);
  const { id } = await addSmallBackup(repository, [1]);
  return { storage, repository, id, ctx, codes };
}

test('what a host has seen is kept privately, is missed when it goes, and is made new when it cannot be read', async () => {
  await using dir = await tempDir('memory');
  const { storage, repository, id, ctx, codes } = await seenRepository();
  const recall = (root = dir.path) => recallRepository({ repository: reopen(repository), root }, ctx);
  // Where there is no host, nothing is made.
  assert.deepEqual((await recall(join(dir.path, 'nowhere'))).gone, []);
  assert.deepEqual(await readdir(dir.path), []);
  await mkdir(join(dir.path, 'var/lib'), { recursive: true });
  assert.deepEqual(await recall(), { gone: [], hasOtherKeys: false });
  const path = join(dir.path, 'var/lib/holdfast/repositories', `${repository.repositoryId}.json`);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  await storage.delete(`backups/${id}`);
  for (let look = 0; look < 2; look++) assert.deepEqual((await recall()).gone, [id], 'missed each time');
  assert.deepEqual(codes.splice(0), ['backups-gone', 'backups-gone']);
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace(/"[0-9a-f]{64}:/, `"${'0'.repeat(64)}:`));
  assert.equal((await recall()).hasOtherKeys, true);
  assert.deepEqual(codes.splice(0), ['backups-gone', 'repository-keys-changed']);
  for (const torn of ['', 'null', '{"formatVersion":1}', text.slice(0, 40)]) {
    await writeFile(path, torn);
    await recall();
    assert.deepEqual(codes.splice(0), ['memory-unreadable'], torn);
  }
  assert.deepEqual(await recall(), { gone: [], hasOtherKeys: false });
});

test('a directory that was named is made and used in place of the host’s, and it is said when it cannot be', async () => {
  await using dir = await tempDir('memory');
  const { storage, repository, id, ctx, codes } = await seenRepository();
  await mkdir(join(dir.path, 'var/lib'), { recursive: true });
  const recall = (name: string) =>
    recallRepository(
      { repository: reopen(repository), root: dir.path, directory: join(dir.path, name) },
      ctx,
    );
  await recall('state/holdfast');
  assert.deepEqual(await readdir(join(dir.path, 'state/holdfast')), [`${repository.repositoryId}.json`]);
  assert.equal((await stat(join(dir.path, 'state/holdfast'))).mode & 0o777, 0o700);
  assert.deepEqual(await readdir(join(dir.path, 'var/lib')), []);
  await writeFile(join(dir.path, 'file'), '');
  assert.deepEqual(await recall('file'), { gone: [], hasOtherKeys: false });
  assert.deepEqual(codes.splice(0), ['memory-not-kept']);
  await storage.delete(`backups/${id}`);
  assert.deepEqual((await recall('state/holdfast')).gone, [id]);
});

test('runs at the same time do not keep each other from remembering, and miss no backup that has just come', async () => {
  await using dir = await tempDir('memory');
  const { storage, repository, ctx, codes } = await seenRepository();
  const place = { root: dir.path, directory: join(dir.path, 'memory') };
  let comesBackup = true;
  const slow = reopen(repository, {
    ...storage,
    async *list(prefix, options) {
      yield* storage.list(prefix, options);
      if (prefix !== 'backups/' || !comesBackup) return;
      comesBackup = false;
      await addSmallBackup(repository, [2]);
      await recallRepository({ repository: reopen(repository), ...place }, ctx);
    },
  });
  assert.deepEqual((await recallRepository({ repository: slow, ...place }, ctx)).gone, []);
  for (let chunk = 3; chunk < 8; chunk++) {
    await addSmallBackup(repository, [chunk]);
    const recall = () => recallRepository({ repository: reopen(repository), ...place }, ctx);
    await Promise.all([recall(), recall(), recall()]);
  }
  assert.deepEqual(codes, []);
});

test('keys that were rotated while a run had the repository open are no others', async () => {
  await using dir = await tempDir('memory');
  const { storage, repository, ctx, codes } = await seenRepository();
  const place = { root: dir.path, directory: join(dir.path, 'memory') };
  const key = generateFileKey();
  const lock = { kind: 'key-file', key } as const;
  await rotateKeys(repository, { locks: [{ lock, label: 'new' }], createdAt: new Date().toISOString() });
  await recallRepository({ repository: await openRepository(storage, { unlock: lock }, ctx), ...place }, ctx);
  const late = await recallRepository({ repository: reopen(repository), ...place }, ctx);
  assert.equal(late.hasOtherKeys, false);
  await storage.delete('generations/2');
  assert.equal(
    (await recallRepository({ repository: reopen(repository), ...place }, ctx)).hasOtherKeys,
    true,
  );
  assert.deepEqual(codes, ['repository-keys-changed']);
});
