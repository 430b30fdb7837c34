import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { watchSteps } from '../../../test/faults/fs-steps.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { hasCode } from '../errors/index.ts';
import { createDurableFile, type DurableFile } from './durable-file.ts';

test('runs that want the same temporary name at once never write to the same file', async () => {
  await using dir = await tempDir('durable-file');
  const path = join(dir.path, 's.db');
  const create = () => createDurableFile(path, { temporaryPath: `${path}.part` });
  // Which of them comes between another's steps is chance: before the new file was held open, one round of 25 failed.
  for (let round = 0; round < 100; round++) {
    const results = await Promise.allSettled([create(), create(), create(), create()]);
    const files: DurableFile[] = [];
    for (const result of results) {
      if (result.status === 'fulfilled') files.push(result.value);
      else assert.ok(hasCode(result.reason, 'SAVE_SUPERSEDED'), String(result.reason));
    }
    const inodes = await Promise.all(files.map(async ({ handle }) => (await handle.stat()).ino));
    assert.equal(new Set(inodes).size, inodes.length, `inodes ${inodes.join(', ')} in round ${round}`);
    for (const file of files) await file.discard();
    assert.deepEqual(await readdir(dir.path), []);
  }
});

test('what is read back by name counts only if it was this file', async () => {
  await using dir = await tempDir('durable-file');
  const path = join(dir.path, 's.db');
  const create = () => createDurableFile(path, { temporaryPath: `${path}.part` });
  await using first = await create();
  await first.write([Buffer.from('whole')]);
  const readBack = (written: string) => readFile(written, 'utf8');
  assert.equal(await first.readBack(readBack), 'whole');
  await assert.rejects(
    first.readBack(() => Promise.reject(new Error('damaged'))),
    /^Error: damaged$/,
  );
  await using second = await create();
  await second.write([Buffer.from('half')]);
  const isSuperseded = (error: unknown) => hasCode(error, 'SAVE_SUPERSEDED');
  await assert.rejects(first.readBack(readBack), isSuperseded);
  await assert.rejects(
    first.readBack(() => Promise.reject(new Error('damaged'))),
    isSuperseded,
  );
  await first.discard();
  assert.equal(await second.readBack(readBack), 'half');
});

test('a file that is given up takes no other along that has come to its name', async () => {
  await using dir = await tempDir('durable-file');
  const path = join(dir.path, 's.db');
  const create = () => createDurableFile(path, { temporaryPath: `${path}.part` });
  for (let round = 0; round < 20; round++) {
    await using first = await create();
    const [second] = await Promise.all([create(), first.discard()]);
    await second.commit();
    await rm(path);
  }
});

test('where there are no links, a file that has come meanwhile stays all the same', async () => {
  await using dir = await tempDir('durable-file');
  const path = join(dir.path, 's.db');
  using _ = await watchSteps(dir.path, ({ call }) => {
    if (call === 'link')
      throw Object.assign(new Error('EPERM: injected'), { code: 'EPERM', syscall: 'link' });
  });
  const create = () => createDurableFile(path, { temporaryPath: `${path}.part` });
  await using first = await create();
  await first.commit();
  await using second = await create();
  await second.write([Buffer.from('new')]);
  await assert.rejects(second.commit(), (error) => hasCode(error, 'FILE_EXISTS'));
  assert.equal(await readFile(path, 'utf8'), '');
  await second.discard();
  assert.deepEqual(await readdir(dir.path), ['s.db']);
});
