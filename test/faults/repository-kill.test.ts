/**
 * kill -9 of processes that work in one repository at once, two writers, a pruner and one that forgets: at a chosen
 * request to the store, and at any moment from outside. Every backup that was made and not forgotten is there and can
 * be read, after each round.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { operationContext } from '../../src/base/index.ts';
import { checkRepository } from '../../src/repository/check/index.ts';
import { generateFileKey } from '../../src/repository/keys/index.ts';
import { initRepository, listBackupIds } from '../../src/repository/open/index.ts';
import { pruneRepository } from '../../src/repository/prune/index.ts';
import { openStorage } from '../../src/storage/index.ts';
import { brokenBackups, reopen, wastedPacks } from '../repository/small-backups.ts';
import { Random } from '../support/random.ts';
import { tempDir } from '../support/temp-dir.ts';
import { testSeed } from '../support/test-seed.ts';
import { eventually } from '../support/waiting.ts';
import type { RepositoryWork } from './repository-process.ts';

const rounds = process.env['HOLDFAST_SOAK'] === '1' ? 200 : 2;
const program = fileURLToPath(new URL('repository-process.ts', import.meta.url));

interface Ended {
  readonly lines: readonly string[];
  readonly isKilled: boolean;
  readonly stderr: string;
}

/** Starts a process, and kills it so many milliseconds after it has opened the repository. */
async function run(work: RepositoryWork, killAfterMs: number | undefined): Promise<Ended> {
  const child = spawn(process.execPath, [program, JSON.stringify(work)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout === '' && killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  assert.ok(code === 0 || signal === 'SIGKILL', `${JSON.stringify(work.work)}: ${code} ${stderr}`);
  // What was written last may have been cut off by the kill.
  const lines = stdout.split('\n').slice(0, -1);
  return { lines, isKilled: signal === 'SIGKILL', stderr };
}

function chunkLists(random: Random): readonly (readonly number[])[] {
  const numbers = Array.from({ length: 12 }, (_, number) => number);
  return Array.from({ length: random.int(1, 4) }, () => numbers.filter(() => random.chance(0.3)));
}

test('whoever is killed at whatever moment, what was made and not forgotten can be read', async (t) => {
  const random = new Random(testSeed(t));
  await using dir = await tempDir('repository-kill');
  const path = join(dir.path, 'repository');
  await using storage = await openStorage({ kind: 'filesystem', path }, { create: true });
  const key = generateFileKey();
  const ctx = operationContext();
  const repository = await initRepository(storage, { lock: { kind: 'key-file', key } }, ctx);
  const made = new Set<string>();
  const forgotten = new Set<string>();
  const figures = { made: 0, forgotten: 0, killed: 0, prunes: 0, waited: 0 };

  for (let round = 0; round < rounds; round++) {
    const works: RepositoryWork['work'][] = [
      { kind: 'backup', backups: chunkLists(random) },
      { kind: 'backup', backups: chunkLists(random) },
      { kind: 'prune', maxRepackBytes: random.pick([0, 1 << 30]) },
      { kind: 'forget', every: random.int(1, 3) },
    ];
    const ended = await Promise.all(
      works.map((work) => {
        const how = random.int(0, 2);
        const kill = { at: random.int(1, 40), when: random.pick(['before', 'after'] as const) };
        const options = { path, key: Buffer.from(key).toString('hex'), work, ...(how === 1 && { kill }) };
        return run(options, how === 2 ? random.int(0, 150) : undefined);
      }),
    );
    for (const { lines, isKilled } of ended) {
      if (isKilled) figures.killed++;
      for (const [word, id] of lines.map((line) => line.split(' '))) {
        if (word === 'made') made.add(id!);
        if (word === 'forgets') forgotten.add(id!);
        if (word === 'pruned') figures.prunes++;
      }
      if (lines.some((line) => line.endsWith('writers'))) figures.waited++;
    }
    const listed = new Set(await listBackupIds(repository));
    const lost = [...made].filter((id) => !listed.has(id) && !forgotten.has(id));
    assert.deepEqual(lost, [], `round ${round}: made, not forgotten, not there`);
    assert.deepEqual([...(await brokenBackups(repository))], [], `round ${round}`);
  }
  Object.assign(figures, { made: made.size, forgotten: forgotten.size });
  t.diagnostic(`${rounds} rounds: ${JSON.stringify(figures)}`);
  if (rounds > 10) assert.ok(Object.values(figures).every((count) => count > 0));

  // What was put within the last second by the store's clock is left to the next prune.
  await eventually(30_000, 'all waste goes', async () => {
    const { waiting } = await pruneRepository(reopen(repository), {}, ctx);
    assert.equal(waiting, undefined, 'killed processes are known to be gone');
    return (await wastedPacks(repository)).length === 0 ? true : undefined;
  });
  const { findings } = await checkRepository(reopen(repository), { readData: 1 }, ctx);
  assert.deepEqual(findings, []);
});
