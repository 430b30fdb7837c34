import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { beginUnfinished, isAbandoned, removeAbandoned, removeUnfinishedNow } from './unfinished.ts';

/** Above the largest process id that Linux gives. */
const deadPid = 0x3ffffff;

test('work is abandoned when its process is gone, or has ended it', () => {
  using unfinished = beginUnfinished(() => undefined);
  assert.equal(isAbandoned(unfinished.tag), false);
  assert.equal(isAbandoned(`${process.ppid}-0a1b`), false, 'a process that runs');
  assert.equal(isAbandoned(`${process.pid}-0a1b`), true, 'an earlier process with our id, as in a container');
  assert.equal(isAbandoned(`${deadPid}-0a1b`), true);
  for (const other of ['', 'x', '12', '-1-ab', '0-ab', `${deadPid}-xyz`, `${deadPid}-0a1b.bak`])
    assert.equal(isAbandoned(other), false, other);
  unfinished[Symbol.dispose]();
  assert.equal(isAbandoned(unfinished.tag), true);
});

test('what killed runs left is removed, and nothing else', async () => {
  await using dir = await tempDir('unfinished');
  const kept = ['s.db', 's.db.part', `s.db.part.${process.ppid}-0a1b`, 's.db.part.keep', `t.${deadPid}-0a1b`];
  for (const name of kept) await writeFile(join(dir.path, name), '');
  await writeFile(join(dir.path, `s.db.part.${deadPid}-0a1b`), '');
  await mkdir(join(dir.path, `s.db.part.${deadPid}-0a1c`, 'member'), { recursive: true });
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
