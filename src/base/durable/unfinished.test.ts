import assert from 'node:assert/strict';
import { chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { beginUnfinished, isAbandoned, removeAbandoned, removeUnfinishedNow } from './unfinished.ts';

/** Above the largest process id that Linux gives. */
const deadPid = 4_194_305;

test('work is abandoned when its process is gone, or has ended it', () => {
  using unfinished = beginUnfinished(() => undefined);
  assert.equal(isAbandoned(unfinished.tag), false);
  assert.equal(isAbandoned(`${process.ppid}-0a1b2c3d4e5f`), false, 'a process that runs');
  assert.equal(
    isAbandoned(`${process.pid}-0a1b2c3d4e5f`),
    true,
    'an earlier process with our id, as in a container',
  );
  assert.equal(isAbandoned(`${deadPid}-0a1b2c3d4e5f`), true);
  const others = [
    '',
    'x',
    '12',
    '-1-0a1b2c3d4e5f',
    '0-0a1b2c3d4e5f',
    `${deadPid}-xyz`,
    `${deadPid}-0a1b2c3d4e5f.bak`,
  ];
  for (const other of [...others, '20261123-120000', '20261123-120000123456'])
    assert.equal(isAbandoned(other), false, other);
  unfinished[Symbol.dispose]();
  assert.equal(isAbandoned(unfinished.tag), true);
});

test('a name of somebody’s own is not taken for one, nor what belongs to somebody else', async (t) => {
  await using dir = await tempDir('unfinished');
  const kept = ['holdfast-backup-20261123-120000', 'holdfast-backup-before-the-upgrade'];
  for (const name of kept) await mkdir(join(dir.path, name));
  assert.deepEqual(await removeAbandoned(dir.path, 'holdfast-backup-'), []);
  if (process.geteuid?.() !== 0) {
    t.diagnostic('only root can give files away');
    return;
  }
  const foreign = `holdfast-backup-${deadPid}-0a1b2c3d4e5f`;
  await mkdir(join(dir.path, foreign));
  await chown(join(dir.path, foreign), 65_534, 65_534);
  assert.deepEqual(await removeAbandoned(dir.path, 'holdfast-backup-'), []);
  assert.deepEqual((await readdir(dir.path)).sort(), [...kept, foreign].sort());
});

test('what killed runs left is removed, and nothing else', async () => {
  await using dir = await tempDir('unfinished');
  const kept = [
    's.db',
    's.db.part',
    `s.db.part.${process.ppid}-0a1b2c3d4e5f`,
    's.db.part.keep',
    `t.${deadPid}-0a1b2c3d4e5f`,
  ];
  for (const name of kept) await writeFile(join(dir.path, name), '');
  await writeFile(join(dir.path, `s.db.part.${deadPid}-0a1b2c3d4e5f`), '');
  await mkdir(join(dir.path, `s.db.part.${deadPid}-0a1b2c3d4e60`, 'member'), { recursive: true });
  const removed = await removeAbandoned(dir.path, 's.db.part.');
  assert.equal(removed.length, 2);
  assert.deepEqual((await readdir(dir.path)).sort(), kept.sort());
  assert.deepEqual(await removeAbandoned(join(dir.path, 'missing'), ''), []);
});

test('everything unfinished is removed at once, and once', () => {
  const removed: string[] = [];
  using _first = beginUnfinished(() => removed.push('first'));
  beginUnfinished(() => removed.push('finished'))[Symbol.dispose]();
  using _second = beginUnfinished(() => removed.push('second'));
  removeUnfinishedNow();
  removeUnfinishedNow();
  assert.deepEqual(removed, ['first', 'second']);
});
