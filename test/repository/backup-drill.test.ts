/** `backup drill`, and what `backup list` and `repo:latest-verified` make of the results. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { formatKeyFile, generateFileKey } from '../../src/repository/index.ts';
import { unpackSample } from '../support/kubernetes-samples.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

type Json = Readonly<Record<string, unknown>>;

let dir: Awaited<ReturnType<typeof tempDir>>;
let env: Readonly<Record<string, string>>;
let id: string;

before(async () => {
  dir = await tempDir('backup-drill');
  const keyFile = join(dir.path, 'key');
  await writeFile(keyFile, formatKeyFile(generateFileKey()), { mode: 0o600 });
  env = { HOLDFAST_REPOSITORY: join(dir.path, 'repository'), HOLDFAST_KEY_FILE: keyFile };
  await run(0, 'repo', 'init');
  id = String((await run(0, 'backup', 'create', await unpackSample('shop-3.6', dir.path)))['id']);
});
after(() => dir[Symbol.asyncDispose]());

async function run(exitCode: number, ...argv: readonly string[]): Promise<Json> {
  const result = await runHoldfast([...argv, '-w', 'json'], { env });
  assert.equal(result.exitCode, exitCode, `${argv.join(' ')}: ${result.stderr}${result.stdout}`);
  return (result.stdout === '' ? {} : JSON.parse(result.stdout)) as Json;
}

async function results(): Promise<readonly Json[]> {
  return (await run(0, 'backup', 'show', id))['results'] as Json[];
}

test('a drilled backup has its result, and is the newest that has proved itself', async () => {
  await run(4, 'backup', 'show', 'latest-verified');
  const drilled = await run(0, 'backup', 'drill', '--embedded', '--work-dir', dir.path);
  assert.deepEqual([drilled['ok'], drilled['source']], [true, `repo:${id}`]);
  const checks = drilled['checks'] as { name: string; status: string }[];
  assert.equal(
    checks.find(({ name }) => name === 'expected')?.status,
    'ok',
    'its record says what to expect',
  );
  assert.deepEqual(
    (await results()).map(({ kind, verdict }) => [kind, verdict]),
    [['drill', 'passed']],
  );
  assert.equal((await run(0, 'backup', 'show', 'latest-verified'))['id'], id);
  const list = await runHoldfast(['backup', 'list'], { env });
  assert.match(list.stdout, new RegExp(`^${id} +\\d+m?\\d*s ago .* drill passed \\d+m?\\d*s ago$`, 'm'));
  const left = (await readdir(dir.path)).filter((name) => name.startsWith('holdfast-'));
  assert.deepEqual(left, []);
});

test('one that is damaged fails its drill, and nothing is held to be verified any more', async () => {
  await run(4, 'backup', 'drill', '1999', '--embedded');
  const location = env['HOLDFAST_REPOSITORY']!;
  const packs = await readdir(join(location, 'packs'), { recursive: true, withFileTypes: true });
  for (const pack of packs.filter((entry) => entry.isFile())) {
    const path = join(pack.parentPath, pack.name);
    const bytes = await readFile(path);
    bytes.fill(0xff, bytes.length >> 1);
    await rm(path);
    await writeFile(path, bytes);
  }
  const before = (await results()).length;
  await run(3, 'backup', 'drill', id, '--embedded');
  const last = await results();
  assert.equal(last.length, before + 1);
  assert.deepEqual([last.at(-1)!['kind'], last.at(-1)!['verdict']], ['drill', 'failed']);
  await run(4, 'snapshot', 'hashkv', 'repo:latest-verified');
});
