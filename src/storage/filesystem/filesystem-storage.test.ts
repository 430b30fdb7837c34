import assert from 'node:assert/strict';
import { rmdirSync } from 'node:fs';
import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { after } from 'node:test';
import { hasCode } from '../../base/index.ts';
import { watchSteps } from '../../../test/faults/fs-steps.ts';
import { testStorageContract } from '../../../test/support/storage-contract.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { openFilesystemStorage } from './filesystem-storage.ts';

const shared = await tempDir('storage');
after(() => shared[Symbol.asyncDispose]());
const opened = openFilesystemStorage({ path: shared.path });
testStorageContract('filesystem', () => opened, {
  atomicPutIfAbsent: true,
  consistentList: true,
  objectLock: false,
});

const text = (words: string) => new TextEncoder().encode(words);

test('a directory that is not there is not taken for an empty one', async () => {
  await using dir = await tempDir('storage');
  const path = join(dir.path, 'not', 'mounted');
  await assert.rejects(openFilesystemStorage({ path }), (error) => hasCode(error, 'FILE_NOT_FOUND'));
  await using storage = await openFilesystemStorage({ path, create: true });
  assert.equal(await storage.putIfAbsent('config', [text('x')]), 'created');
  await assert.rejects(openFilesystemStorage({ path: join(path, 'config') }), (error) =>
    hasCode(error, 'NOT_A_REGULAR_FILE'),
  );
});

test('files and directories are private, and nothing unfinished stays', async () => {
  await using dir = await tempDir('storage');
  const path = join(dir.path, 'repository');
  await using storage = await openFilesystemStorage({ path, create: true });
  await storage.putIfAbsent('packs/00/pack', [text('pack')]);
  await storage.putIfAbsent('packs/00/pack', [text('other')]);
  const modes = await Promise.all(
    ['', 'packs', 'packs/00', 'packs/00/pack', '.unfinished'].map(async (name) =>
      ((await stat(join(path, name))).mode & 0o777).toString(8),
    ),
  );
  assert.deepEqual(modes, ['700', '700', '700', '600', '700']);
  assert.deepEqual(await readdir(join(path, '.unfinished')), []);
});

test('what killed writers left is removed after a week, and what others work on is not', async () => {
  await using dir = await tempDir('storage');
  const unfinished = join(dir.path, '.unfinished');
  await mkdir(unfinished);
  await writeFile(join(unfinished, 'old'), '');
  await writeFile(join(unfinished, 'new'), '');
  const eightDaysAgo = Date.now() / 1000 - 8 * 24 * 3600;
  await utimes(join(unfinished, 'old'), eightDaysAgo, eightDaysAgo);
  await using _storage = await openFilesystemStorage({ path: dir.path });
  assert.deepEqual(await readdir(unfinished), ['new']);
});

test('a directory that somebody tidies away before a file is made in it is made again', async () => {
  await using dir = await tempDir('storage');
  await using storage = await openFilesystemStorage({ path: dir.path });
  let times = 0;
  using _ = await watchSteps(dir.path, ({ call, path }) => {
    if (call !== 'openSync' || ++times > 1) return;
    for (const empty of [dirname(path), join(dir.path, 'packs')]) rmdirSync(empty);
  });
  assert.equal(await storage.putIfAbsent('packs/x', [text('x')]), 'created');
  assert.equal(times, 2);
});

test('what is not an object is not listed', async () => {
  await using dir = await tempDir('storage');
  await using storage = await openFilesystemStorage({ path: dir.path });
  for (const name of ['.nfs0001', 'Upper', 'with space']) await writeFile(join(dir.path, name), '');
  await mkdir(join(dir.path, 'lost+found'));
  await writeFile(join(dir.path, 'lost+found', 'x'), '');
  await storage.putIfAbsent('one', []);
  const names: string[] = [];
  for await (const { name } of storage.list('')) names.push(name);
  assert.deepEqual(names, ['one']);
});
