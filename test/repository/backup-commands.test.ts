import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { unpackSample } from '../support/kubernetes-samples.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { makeRepository, run } from './repository-commands.ts';

test('backups are listed, shown and found by their ids; nothing new is nothing stored', async () => {
  await using dir = await tempDir('backup');
  const { env } = await makeRepository(dir.path);
  const path = await unpackSample('shop-3.6', dir.path);
  const { id } = await run(env, 0, 'backup', 'create', path);
  assert.equal((await run(env, 0, 'backup', 'create', path, '--skip-unchanged'))['created'], false);
  const { backups } = (await run(env, 0, 'backup', 'list')) as { backups: { id: string }[] };
  assert.deepEqual(
    backups.map((backup) => backup.id),
    [id],
  );
  const shown = await run(env, 0, 'backup', 'show', String(id).slice(0, 12));
  assert.equal(shown['id'], id);
  const resources = shown['resources'] as { resource: string }[];
  assert.ok(resources.some(({ resource }) => resource === 'namespaces'));
  const missing = await runHoldfast(['backup', 'show', '1999'], { env });
  assert.equal(missing.exitCode, 4);
});

test('another cluster is refused unless it is allowed', async () => {
  await using dir = await tempDir('backup');
  const { env } = await makeRepository(dir.path);
  await run(env, 0, 'backup', 'create', await unpackSample('shop-3.6', dir.path));
  const other = await unpackSample('shop-3.5.30', dir.path);
  const refused = await runHoldfast(['backup', 'create', other], { env });
  assert.equal(refused.exitCode, 4, refused.stderr);
  await run(env, 0, 'backup', 'create', other, '--new-cluster');
});

test('a wrong passphrase is one sentence and status 4; a damaged snapshot is not stored', async () => {
  await using dir = await tempDir('backup');
  const location = join(dir.path, 'repository');
  const env = { HOLDFAST_REPOSITORY: location, HOLDFAST_PASSPHRASE: 'right' };
  await run(env, 0, 'repo', 'init');
  const wrong = await runHoldfast(['backup', 'list'], { env: { ...env, HOLDFAST_PASSPHRASE: 'wrong' } });
  assert.equal(wrong.exitCode, 4);
  assert.match(wrong.stderr, /no key of the repository opens with this passphrase/);
  const file = join(dir.path, 'broken.db');
  await writeFile(file, Buffer.alloc(4096));
  const broken = await runHoldfast(['backup', 'create', file], {
    env: { HOLDFAST_REPOSITORY: location, HOLDFAST_PASSPHRASE_COMMAND: 'echo right' },
  });
  assert.equal(broken.exitCode, 3, broken.stderr);
  const names = (await readdir(location)).filter((name) => !name.startsWith('.'));
  assert.deepEqual(names.sort(), ['config', 'keys']);
});
