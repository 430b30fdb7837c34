import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode } from '../../../base/index.ts';
import { watchSteps } from '../../../../test/faults/fs-steps.ts';
import { tempDir } from '../../../../test/support/temp-dir.ts';
import { lockJournal } from './journal-lock.ts';

/** As of a process that was killed: none has this id any more. */
function deadTag(): string {
  const { pid } = spawnSync(process.execPath, ['--version']);
  return `${pid}-00000000beef`;
}

const isRunning = (error: unknown) => hasCode(error, 'RECOVERY_RUNNING');

test('one at a time', async () => {
  await using dir = await tempDir('journal-lock');
  const path = join(dir.path, 'run', 'recover.lock');
  {
    await using _ = await lockJournal(path);
    assert.ok((await readFile(path, 'utf8')).startsWith(`${process.pid}-`));
    await assert.rejects(lockJournal(path), isRunning);
  }
  const held = await lockJournal(path);
  await held[Symbol.asyncDispose]();
  await using _ = await lockJournal(path);
  await held[Symbol.asyncDispose]();
  await assert.rejects(lockJournal(path), isRunning, 'let go of once more, it is still the other’s');
});

test('of many that find the lock of a dead process one gets it', async () => {
  await using dir = await tempDir('journal-lock');
  const path = join(dir.path, 'recover.lock');
  for (let round = 0; round < 20; round++) {
    await writeFile(path, deadTag());
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => lockJournal(path)));
    const held = attempts.filter((attempt) => attempt.status === 'fulfilled');
    assert.equal(held.length, 1);
    for (const attempt of attempts)
      if (attempt.status === 'rejected') assert.ok(isRunning(attempt.reason), String(attempt.reason));
    await assert.rejects(lockJournal(path), isRunning);
    for (const { value } of held) await value[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(dir.path), []);
  }
});

test('behind a lock that another process has taken meanwhile nothing is left', async () => {
  await using dir = await tempDir('journal-lock');
  const path = join(dir.path, 'recover.lock');
  await writeFile(path, deadTag());
  using _ = await watchSteps(dir.path, ({ call }) => {
    if (call !== 'link') return;
    rmSync(path);
    writeFileSync(path, `${process.ppid}-0a1b2c3d4e5f`);
  });
  await assert.rejects(lockJournal(path), isRunning);
  assert.deepEqual(await readdir(dir.path), ['recover.lock']);
});

test('what a process that was killed while it locked has left is taken away', async () => {
  await using dir = await tempDir('journal-lock');
  const path = join(dir.path, 'recover.lock');
  const tag = deadTag();
  await writeFile(`${path}.${tag}`, tag);
  {
    await using _ = await lockJournal(path);
  }
  assert.deepEqual(await readdir(dir.path), []);
});
