import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../../../test/support/temp-dir.ts';
import { hasCode, isHoldfastError } from '../../../base/index.ts';
import { readKubeconfigFile } from './read-kubeconfig.ts';

async function read(user: object, cluster: object = {}, context?: string) {
  await using dir = await tempDir('kubeconfig');
  await writeFile(join(dir.path, 'token'), 'from a file\n');
  const path = join(dir.path, 'config');
  const config = {
    'current-context': 'one',
    contexts: [
      { name: 'one', context: { cluster: 'c', user: 'u' } },
      { name: 'two', context: { cluster: 'other', user: 'u' } },
    ],
    clusters: [
      { name: 'c', cluster: { server: 'https://one:6443', 'tls-server-name': 'kubernetes', ...cluster } },
      { name: 'other', cluster: { server: 'https://two:6443' } },
    ],
    users: [{ name: 'u', user }],
  };
  await writeFile(path, JSON.stringify(config));
  return await readKubeconfigFile(path, context);
}

test('a context says where the server is and how to prove who asks', async () => {
  assert.deepEqual(await read({ token: 't' }), {
    server: 'https://one:6443',
    serverName: 'kubernetes',
    token: 't',
  });
  assert.deepEqual(await read({ tokenFile: 'token' }, {}, 'two'), {
    server: 'https://two:6443',
    token: 'from a file',
  });
});

test('what would be left out without a word is refused', async () => {
  for (const [user, cluster, named] of [
    [{ exec: { command: 'login' } }, {}, 'exec'],
    [{ token: 't' }, { 'insecure-skip-tls-verify': true }, 'insecure-skip-tls-verify'],
    [{ token: 't' }, { 'proxy-url': 'http://proxy' }, 'proxy-url'],
  ] as const) {
    await assert.rejects(read(user, cluster), (error) => {
      assert.ok(isHoldfastError(error) && hasCode(error, 'CONFIG_FILE_INVALID'));
      assert.match(error.message, new RegExp(`context one asks for ${named}`));
      return true;
    });
  }
  // With a token at hand no program has to be asked for one.
  assert.equal((await read({ token: 't', exec: { command: 'login' } })).token, 't');
});
