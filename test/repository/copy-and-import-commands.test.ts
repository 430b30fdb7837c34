/** `backup copy` and `backup import`, as they are typed. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { unpackSample } from '../support/kubernetes-samples.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { type Env, type Json, makeRepository, run } from './repository-commands.ts';

let dir: Awaited<ReturnType<typeof tempDir>>;
let env: Env;
let sample: string;
let workDir: string;

before(async () => {
  dir = await tempDir('copy-commands');
  workDir = join(dir.path, 'work');
  await mkdir(workDir);
  ({ env } = await makeRepository(dir.path, 'one'));
  sample = await unpackSample('shop-3.6', dir.path);
});
after(() => dir[Symbol.asyncDispose]());

const idsIn = async (of: Env) =>
  ((await run(of, 0, 'backup', 'list'))['backups'] as { id: string }[]).map(({ id }) => id);

test('a compressed snapshot is imported, and only what is sound', async () => {
  const file = join(dir.path, 'etcd.db.gz');
  await writeFile(file, gzipSync(await readFile(sample)));
  const made = await run(env, 0, 'backup', 'import', file, '--work-dir', workDir);
  const { hash } = await run(env, 0, 'snapshot', 'status', sample);
  assert.equal(made['hash'], hash);
  const { format, digest } = made['imported'] as Json;
  assert.deepEqual([format, digest], ['snapshot', 'verified']);
  const before = await idsIn(env);
  assert.ok(before.includes(String(made['id'])));
  const again = await run(env, 0, 'backup', 'import', file, '--work-dir', workDir, '--skip-unchanged');
  assert.deepEqual([again['created'], again['id']], [false, made['id']]);
  const cut = join(dir.path, 'cut.db.gz');
  await writeFile(cut, (await readFile(file)).subarray(0, 20_000));
  await run(env, 3, 'backup', 'import', cut, '--work-dir', workDir);
  await run(env, 2, 'backup', 'import', join(dir.path, 'none.gz'), '--work-dir', workDir);
  assert.deepEqual(await idsIn(env), before);
  assert.deepEqual(await readdir(workDir), []);
});

test('backups are copied to a repository that has secrets of its own', async () => {
  await run(env, 0, 'backup', 'create', sample);
  const { env: other, location: to, keyFile } = await makeRepository(dir.path, 'other');
  const key = ['--to-key-file', keyFile];
  const nothing = await runHoldfast(['backup', 'copy', 'latest', '--to', to], { env });
  assert.equal(nothing.exitCode, 2);
  assert.match(nothing.stderr, /opens the repository to copy to/);
  await run(env, 2, 'backup', 'copy', 'latest', ...key);
  await run(env, 2, 'backup', 'copy', '--to', to, ...key);
  // The key of the one does not open the other.
  await run(env, 4, 'backup', 'copy', 'latest', '--to', to, '--to-key-file', env['HOLDFAST_KEY_FILE']!);
  const words = ['backup', 'copy', '--all', '--work-dir', workDir];
  const targetEnv = { HOLDFAST_TO_REPOSITORY: to, HOLDFAST_TO_KEY_FILE: keyFile };
  const { backups } = (await run({ ...env, ...targetEnv }, 0, ...words)) as { backups: Json[] };
  assert.ok(backups.length >= 1 && backups.every(({ copied }) => copied === true));
  const again = (await run(env, 0, ...words, '--to', to, ...key)) as { backups: Json[] };
  assert.ok(again.backups.every(({ copied }) => copied === false));
  assert.deepEqual(await idsIn(other), await idsIn(env));
  assert.equal((await run(other, 0, 'backup', 'verify', 'latest'))['ok'], true);
  assert.deepEqual(await readdir(workDir), []);
});

test('the passphrase of the repository to copy to comes from a variable, a file or a command', async () => {
  const { id } = await run(env, 0, 'backup', 'create', sample);
  const other = { HOLDFAST_REPOSITORY: join(dir.path, 'by-passphrase'), HOLDFAST_PASSPHRASE: 'of the other' };
  await run(other, 0, 'repo', 'init');
  const file = join(dir.path, 'passphrase');
  await writeFile(file, 'of the other\n', { mode: 0o600 });
  const memory = join(dir.path, 'memory');
  const to = { ...env, HOLDFAST_TO_REPOSITORY: other.HOLDFAST_REPOSITORY, HOLDFAST_MEMORY_DIR: memory };
  const words = ['backup', 'copy', String(id), '--work-dir', workDir];
  const wrong = { ...to, HOLDFAST_TO_PASSPHRASE: 'of nobody' };
  await run(wrong, 4, ...words);
  const copied = (await run({ ...to, HOLDFAST_TO_PASSPHRASE: 'of the other' }, 0, ...words)) as {
    backups: Json[];
  };
  assert.deepEqual(
    copied.backups.map((each) => [each['id'], each['copied']]),
    [[id, true]],
  );
  assert.equal((await readdir(memory)).length, 2, 'both repositories are remembered in one place');
  await run({ ...to, HOLDFAST_TO_PASSPHRASE_FILE: file }, 0, ...words);
  await run({ ...to, HOLDFAST_TO_PASSPHRASE_COMMAND: `cat ${file}` }, 0, ...words);
  // Two answers in one place are a mistake.
  await run({ ...wrong, HOLDFAST_TO_PASSPHRASE_FILE: file }, 2, ...words);
  // The passphrase of the one is not tried on the other.
  const same = { ...other, HOLDFAST_TO_REPOSITORY: other.HOLDFAST_REPOSITORY };
  await run(same, 2, ...words);
});
