/** `backup verify --read-data-subset`: a look at a share of the packs. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { operationContext } from '../../src/base/index.ts';
import { checkBackup, generateFileKey, initRepository } from '../../src/repository/index.ts';
import { openMemoryStorage } from '../../src/storage/index.ts';
import { addSmallBackup, reopen } from './small-backups.ts';
import type { Json } from './repository-commands.ts';
import { makeSampleRepository, type SampleRepository } from './sample-repository.ts';

const ctx = operationContext();
let sample: SampleRepository;
before(async () => {
  sample = await makeSampleRepository('verify-subset');
});
after(() => sample[Symbol.asyncDispose]());

const run: SampleRepository['run'] = (...call) => sample.run(...call);

test('a share of the packs is read: what it misses today it finds another day', async () => {
  const lock = { kind: 'key-file', key: generateFileKey() } as const;
  const storage = openMemoryStorage();
  const repository = await initRepository(storage, { lock }, ctx);
  // A pack for every second chunk, and one for the tables.
  const record = await addSmallBackup(
    repository,
    Array.from({ length: 20 }, (_, at) => at + 1),
  );
  const check = (share: number, seed: number) =>
    checkBackup(reopen(repository), record, { share, seed }, ctx);
  const all = await check(1, 1);
  assert.deepEqual([all.findings, all.packs, all.packsRead], [[], 11, 11]);
  const { packsRead } = await check(0.05, 1);
  assert.equal(packsRead, 1, 'rounded up');
  // The same size, another content: only reading it tells.
  const chunkPacks: string[] = [];
  for await (const { name } of storage.list('packs/'))
    if ((await storage.get(name))[4] === 1) chunkPacks.push(name);
  const [damaged, lost] = chunkPacks as [string, string];
  const bytes = await storage.get(damaged);
  bytes[60]! ^= 1;
  await storage.delete(damaged);
  await storage.putIfAbsent(damaged, [bytes]);
  const found = new Set<number>();
  for (let seed = 0; seed < 40; seed++) {
    const { findings } = await check(0.2, seed);
    if (findings.length > 0) found.add(seed);
    if (seed < 5) assert.deepEqual((await check(0.2, seed)).findings, findings, 'the same packs again');
    assert.ok(findings.every(({ message }) => message.includes(damaged)));
  }
  // 3 of 11 packs are read each time.
  assert.ok(found.size > 0 && found.size < 40, `found by ${found.size} of 40 seeds`);
  await storage.delete(lost);
  const { findings } = await check(0.0001, 0);
  assert.ok(findings.some(({ code, message }) => code === 'pack-damaged' && message.includes('missing')));
});

test('a share that is sound is no verification, and one that is not is a failure', async () => {
  const sound = await run(0, 'backup', 'verify', sample.id, '--read-data-subset', '100%');
  assert.equal(typeof sound['seed'], 'number');
  assert.deepEqual(
    (sound['backups'] as Json[]).map(({ verdict, kept }) => [verdict, kept]),
    [['passed', false]],
  );
  await run(4, 'backup', 'show', 'latest-verified');
  for (const wrong of ['5', '0%', '101%', 'all', '-1%'])
    await run(2, 'backup', 'verify', sample.id, `--read-data-subset=${wrong}`);
  await run(2, 'backup', 'verify', sample.id, '--seed', '1');
  const location = sample.location;
  const packs = await readdir(join(location, 'packs'), { recursive: true, withFileTypes: true });
  const pack = packs.find((entry) => entry.isFile())!;
  const path = join(pack.parentPath, pack.name);
  const bytes = await readFile(path);
  await rm(path);
  await writeFile(path, bytes.subarray(1));
  const failed = await run(3, 'backup', 'verify', sample.id, '--read-data-subset', '1%', '--seed', '7');
  assert.equal(failed['seed'], 7);
  const { results } = (await run(0, 'backup', 'show', sample.id)) as { results: Json[] };
  assert.deepEqual(
    results.map(({ kind, verdict }) => [kind, verdict]),
    [['verify', 'failed']],
  );
});
