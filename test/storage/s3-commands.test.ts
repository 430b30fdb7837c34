/** The commands of a repository, as processes, over a server of S3 that others wrote. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatKeyFile, generateFileKey } from '../../src/repository/index.ts';
import { openStorage, parseStorageLocation } from '../../src/storage/index.ts';
import { requireVersitygw } from '../peers/index.ts';
import { type KubernetesSample, unpackSample } from '../support/kubernetes-samples.ts';
import { runCommand } from '../support/run-command.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { tempDir } from '../support/temp-dir.ts';

const program = join(import.meta.dirname, '../../src/cli/main.ts');
const location = 's3://backups/control-plane';

type Json = Readonly<Record<string, unknown>>;

/** Runs a command line on the repository of this test, which has to succeed; its one document. */
async function runOn({ access }: S3Server, keyFile: string, ...argv: readonly string[]): Promise<Json> {
  const result = await runCommand(process.execPath, [program, ...argv, '-w', 'json'], {
    timeoutMs: 120_000,
    env: {
      AWS_ACCESS_KEY_ID: access.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: access.credentials.secretAccessKey,
      HOLDFAST_S3_ENDPOINT: access.endpoint,
      HOLDFAST_S3_REGION: access.region,
      HOLDFAST_REPOSITORY: location,
      HOLDFAST_KEY_FILE: keyFile,
      // One process after another loads the same program.
      NODE_COMPILE_CACHE: `${keyFile}.cache`,
    },
  });
  assert.equal(result.exitCode, 0, `${argv.join(' ')}: ${result.stderr}`);
  return JSON.parse(result.stdout) as Json;
}

/** Bytes of what lies in the store under a prefix. */
async function storedBytes({ access }: S3Server, prefix: string): Promise<number> {
  await using storage = await openStorage(parseStorageLocation(location), { s3: access });
  let total = 0;
  for await (const { sizeBytes } of storage.list(prefix)) total += sizeBytes;
  return total;
}

test('create, list, fetch, verify, forget, prune and check', async (t) => {
  const gateway = await requireVersitygw(t);
  if (gateway === undefined) return;
  await using dir = await tempDir('s3-commands');
  await using server = await startS3Server(gateway, dir.path);
  await server.createBucket('backups');
  const keyFile = join(dir.path, 'key');
  await writeFile(keyFile, formatKeyFile(generateFileKey()), { mode: 0o600 });
  const run = (...argv: readonly string[]) => runOn(server, keyFile, ...argv);
  const unpack = (sample: KubernetesSample) => unpackSample(sample, dir.path);
  const paths = [await unpack('shop-3.6'), await unpack('shop-edited-3.6')] as const;
  await run('repo', 'init');
  const first = await run('backup', 'create', paths[0], '--exact');
  const second = await run('backup', 'create', paths[1], '--exact');
  assert.equal(second['parent'], first['id']);
  assert.ok(Number(second['newBytes']) < Number(first['newBytes']));
  const third = await run('backup', 'create', await unpack('enc-mixed-3.6'), '--new-cluster');
  const { backups } = (await run('backup', 'list')) as { backups: Json[] };
  // Those of one second have no order but that of their ids.
  assert.deepEqual(backups.map(({ id }) => id).sort(), [first, second, third].map(({ id }) => id).sort());
  const fetched = join(dir.path, 'fetched.db');
  await run('backup', 'fetch', String(first['id']), fetched);
  assert.deepEqual(await readFile(fetched), await readFile(paths[0]));
  assert.equal((await run('backup', 'verify', String(second['id'])))['ok'], true);
  await run('backup', 'forget', String(first['id']), String(third['id']));
  const before = await storedBytes(server, 'packs/');
  const pruned = await run('backup', 'prune', '--max-repack', '1GiB');
  assert.ok(Number(pruned['deletedPacks']) > 0);
  assert.ok((await storedBytes(server, 'packs/')) < before);
  await run('backup', 'fetch', 'latest', fetched, '--force');
  assert.deepEqual(await readFile(fetched), await readFile(paths[1]));
  const checked = await run('repo', 'check', '--read-data');
  assert.deepEqual([checked['ok'], checked['findings']], [true, []]);
  assert.equal(await storedBytes(server, 'sessions/'), 0);
  assert.equal(await storedBytes(server, 'prune/'), 0);
});

test('a bucket whose region nobody said is a wrong command line, and the hint says where to say it', async () => {
  await using dir = await tempDir('s3-region');
  const keyFile = join(dir.path, 'key');
  await writeFile(keyFile, formatKeyFile(generateFileKey()), { mode: 0o600 });
  const nowhere = join(dir.path, 'not-there');
  const env = { AWS_CONFIG_FILE: nowhere, AWS_SHARED_CREDENTIALS_FILE: nowhere, AWS_REGION: '' };
  const words = [program, 'backup', 'list', '--repo', location, '--key-file', keyFile];
  const { exitCode, stderr } = await runCommand(process.execPath, words, { timeoutMs: 120_000, env });
  assert.equal(exitCode, 2, stderr);
  assert.match(
    stderr,
    /^Error: get config at s3:\/\/backups\/control-plane: Region (is missing|not accepted).*\nhint: .*--s3-region/,
  );
});
