/** `backup drill`, and what `backup list` and `repo:latest-verified` make of the results. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runHoldfast } from '../support/run-cli.ts';
import type { Json } from './repository-commands.ts';
import { makeSampleRepository, type SampleRepository } from './sample-repository.ts';

let sample: SampleRepository;
before(async () => {
  sample = await makeSampleRepository('backup-drill');
});
after(() => sample[Symbol.asyncDispose]());

const run: SampleRepository['run'] = (...call) => sample.run(...call);

async function results(): Promise<readonly Json[]> {
  return (await run(0, 'backup', 'show', sample.id))['results'] as Json[];
}

test('a drilled backup has its result, and is the newest that has proved itself', async () => {
  await run(4, 'backup', 'show', 'latest-verified');
  const drilled = await run(0, 'backup', 'drill', '--embedded', '--work-dir', sample.path);
  assert.deepEqual([drilled['ok'], drilled['source']], [true, `repo:${sample.id}`]);
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
  assert.equal((await run(0, 'backup', 'show', 'latest-verified'))['id'], sample.id);
  const list = await runHoldfast(['backup', 'list'], { env: sample.env });
  assert.match(
    list.stdout,
    new RegExp(`^${sample.id} +\\d+m?\\d*s ago .* drill passed \\d+m?\\d*s ago$`, 'm'),
  );
  const left = (await readdir(sample.path)).filter((name) => name.startsWith('holdfast-'));
  assert.deepEqual(left, []);
});

test('one that is damaged fails its drill, and nothing is held to be verified any more', async () => {
  await run(4, 'backup', 'drill', '1999', '--embedded');
  const location = sample.location;
  const packs = await readdir(join(location, 'packs'), { recursive: true, withFileTypes: true });
  for (const pack of packs.filter((entry) => entry.isFile())) {
    const path = join(pack.parentPath, pack.name);
    const bytes = await readFile(path);
    bytes.fill(0xff, bytes.length >> 1);
    await rm(path);
    await writeFile(path, bytes);
  }
  const before = (await results()).length;
  await run(3, 'backup', 'drill', sample.id, '--embedded');
  const last = await results();
  assert.equal(last.length, before + 1);
  assert.deepEqual([last.at(-1)!['kind'], last.at(-1)!['verdict']], ['drill', 'failed']);
  await run(4, 'snapshot', 'hashkv', 'repo:latest-verified');
});
