import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../../../test/support/temp-dir.ts';
import { movePath } from './move-path.ts';

test('a directory takes the place of an empty one, and goes back over one', async () => {
  await using dir = await tempDir('move-path');
  const [live, staged] = [join(dir.path, 'live'), join(dir.path, 'staged')];
  await mkdir(join(staged, 'member'), { recursive: true });
  await mkdir(live);
  await movePath(staged, live);
  assert.deepEqual(await readdir(dir.path), ['live']);
  assert.deepEqual(await readdir(live), ['member']);
  // Moved before, and something made the old name anew.
  await mkdir(staged);
  await movePath(staged, live);
  assert.deepEqual(await readdir(dir.path), ['live']);
});

test('a file whose copy is there already is only taken away', async () => {
  await using dir = await tempDir('move-path');
  const [fenced, file] = [join(dir.path, 'fenced.yaml'), join(dir.path, 'etcd.yaml')];
  await writeFile(fenced, 'kind: Pod');
  await writeFile(file, 'kind: Pod');
  await movePath(fenced, file);
  assert.deepEqual(await readdir(dir.path), ['etcd.yaml']);
});

test('what holds anything of its own is left alone', async () => {
  await using dir = await tempDir('move-path');
  const [a, b] = [join(dir.path, 'a'), join(dir.path, 'b')];
  await mkdir(join(a, 'member'), { recursive: true });
  await mkdir(join(b, 'member'), { recursive: true });
  await assert.rejects(movePath(a, b), { code: 'PLACE_TAKEN' });
  const [one, other] = [join(dir.path, '1.yaml'), join(dir.path, '2.yaml')];
  await writeFile(one, 'kind: Pod');
  await writeFile(other, 'kind: pod');
  await assert.rejects(movePath(one, other), { code: 'PLACE_TAKEN' });
  await assert.rejects(movePath(a, one), { code: 'PLACE_TAKEN' });
  assert.equal(await readFile(one, 'utf8'), 'kind: Pod');
  assert.deepEqual(await readdir(dir.path), ['1.yaml', '2.yaml', 'a', 'b']);
});

test('what is in neither place is missed', async () => {
  await using dir = await tempDir('move-path');
  const [a, b] = [join(dir.path, 'a'), join(dir.path, 'b')];
  await assert.rejects(movePath(a, b), { code: 'FILE_NOT_FOUND' });
});

test('moved before, nothing is left to do', async () => {
  await using dir = await tempDir('move-path');
  const [a, b] = [join(dir.path, 'a'), join(dir.path, 'b')];
  await writeFile(a, 'kind: Pod');
  await movePath(a, b);
  await movePath(a, b);
  assert.deepEqual(await readdir(dir.path), ['b']);
});
