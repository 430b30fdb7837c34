import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { runCommand } from '../support/run-command.ts';
import { tempDir } from '../support/temp-dir.ts';
import { type InstallOnce, installOnce } from './install-once.ts';

const base = { name: 'thing', recipe: 'one', retryFailed: false };

test('callers at the same time share one installation, which appears complete', async () => {
  await using dir = await tempDir('install');
  let installations = 0;
  const install = async (directory: string) => {
    installations++;
    await delay(50);
    await writeFile(join(directory, 'program'), 'complete');
  };
  const options: InstallOnce = { ...base, root: join(dir.path, 'cache'), install };
  const directories = await Promise.all(Array.from({ length: 5 }, () => installOnce(options)));
  assert.equal(installations, 1);
  assert.equal(new Set(directories).size, 1);
  assert.equal(await readFile(join(directories[0]!, 'program'), 'utf8'), 'complete');
  assert.equal((await readdir(options.root)).length, 1, 'no lock and no part is left');
});

test('another recipe gets a directory of its own', async () => {
  await using dir = await tempDir('install');
  const install = (directory: string) => writeFile(join(directory, 'program'), '');
  const one = await installOnce({ ...base, root: dir.path, install });
  const two = await installOnce({ ...base, root: dir.path, install, recipe: 'two' });
  assert.notEqual(one, two);
});

test('a failure leaves nothing half done, is told to the next caller, and can be tried again', async () => {
  await using dir = await tempDir('install');
  let attempts = 0;
  const install = async (directory: string) => {
    attempts++;
    await writeFile(join(directory, 'half'), '');
    throw new Error('no network');
  };
  const options = { ...base, root: dir.path, install };
  await assert.rejects(installOnce(options), /no network/);
  await assert.rejects(installOnce(options), /no network/);
  assert.equal(attempts, 1, 'the second caller does not wait for the same failure again');
  await assert.rejects(installOnce({ ...options, retryFailed: true }), /no network/);
  assert.equal(attempts, 2);
  assert.deepEqual(
    (await readdir(dir.path)).filter((name) => !name.endsWith('.failed')),
    [],
  );
  const finished = await installOnce({ ...options, retryFailed: true, install: () => Promise.resolve() });
  assert.equal(await installOnce(options), finished);
});

test('the lock of a process that is gone is broken', async () => {
  await using dir = await tempDir('install');
  const gone = await runCommand(process.execPath, ['-p', 'process.pid'], { timeoutMs: 60_000 });
  const finished = await installOnce({
    ...base,
    root: join(dir.path, 'a'),
    install: () => Promise.resolve(),
  });
  const lock = join(dir.path, 'b', `${finished.slice(finished.lastIndexOf('/') + 1)}.lock`);
  await mkdir(lock, { recursive: true });
  await writeFile(join(lock, 'pid'), gone.stdout.trim());
  await installOnce({ ...base, root: join(dir.path, 'b'), install: () => Promise.resolve() });
  assert.equal((await readdir(join(dir.path, 'b'))).length, 1);
});
