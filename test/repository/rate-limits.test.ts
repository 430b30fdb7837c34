import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStorageOf } from '../../src/cli/commands/repo/index.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const noFlags: Parameters<typeof openStorageOf>[0] = {
  repo: undefined,
  'passphrase-file': undefined,
  'passphrase-command': undefined,
  'key-file': undefined,
  'identity-file': undefined,
  'upload-limit': undefined,
  'download-limit': undefined,
  's3-endpoint': undefined,
  's3-region': undefined,
  's3-path-style': false,
  's3-ca-file': undefined,
  's3-object-lock': undefined,
  'memory-dir': undefined,
};

/** How long it takes; only a lower bound of it means anything on a machine with other work. */
async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

test('what goes up and what comes down is paced by the limits of the flags', async () => {
  await using dir = await tempDir('rate');
  const large = new Uint8Array(400_000);
  const small = new Uint8Array(1);
  const limited = { ...noFlags, repo: dir.path, 'upload-limit': '800kB', 'download-limit': '1MB' };
  await using storage = await openStorageOf(limited);
  const upMs = await timeOf(async () => {
    await storage.putIfAbsent('large', [large]);
    await storage.putIfAbsent('small', [small]);
  });
  // A timer may be a millisecond early.
  assert.ok(upMs >= 490, `400,001 bytes went up in ${upMs} ms`);
  const downMs = await timeOf(async () => {
    await storage.get('large');
    await storage.get('small');
  });
  assert.ok(downMs >= 390, `400,001 bytes came down in ${downMs} ms`);
});

for (const flag of ['--upload-limit', '--download-limit'])
  test(`a ${flag} that is no rate is refused before anything is opened`, async () => {
    for (const text of ['fast', '10', '0B', '-1MiB']) {
      const run = await runHoldfast(['repo', 'key', 'list', '--repo', '/nonexistent', `${flag}=${text}`]);
      assert.equal(run.exitCode, 2, run.stderr);
      assert.match(run.stderr, new RegExp(`invalid size "${text}" for ${flag}`));
    }
  });
