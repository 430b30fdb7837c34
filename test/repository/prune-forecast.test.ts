/**
 * `prune --dry-run` says what the prune that follows does: as much, and for whom it waits. After a prune what it counted
 * is gone from the store, byte for byte.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode, operationContext } from '../../src/base/index.ts';
import { forgetBackups } from '../../src/repository/forget/index.ts';
import { generateFileKey } from '../../src/repository/keys/index.ts';
import {
  deleteSession,
  initRepository,
  listBackupIds,
  openSession,
  type Repository,
} from '../../src/repository/open/index.ts';
import { pruneRepository } from '../../src/repository/prune/index.ts';
import { openMemoryStorage } from '../../src/storage/index.ts';
import { Random } from '../support/random.ts';
import { testSeed } from '../support/test-seed.ts';
import { addSmallBackup, reopen } from './small-backups.ts';

const histories = process.env['HOLDFAST_SOAK'] === '1' ? 100 : 10;

async function sizesOf({ storage }: Repository, prefix: string): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  for await (const { name, sizeBytes } of storage.list(prefix)) sizes.set(name, sizeBytes);
  return sizes;
}

const sum = (sizes: ReadonlyMap<string, number>) =>
  [...sizes.values()].reduce((total, size) => total + size, 0);

test('a dry run foresees what a prune deletes, and what was deleted is gone from the store', async (t) => {
  const random = new Random(testSeed(t));
  const figures = { prunes: 0, deletedPacks: 0, waited: 0, repacked: 0, young: 0 };
  for (let history = 0; history < histories; history++) {
    let nowMs = Date.parse('2026-11-22T10:00:00Z');
    const now = () => nowMs;
    const ctx = operationContext({ clock: { now, monotonicMs: now } });
    const storage = openMemoryStorage({ now });
    const lock = { kind: 'key-file', key: generateFileKey() } as const;
    const repository = await initRepository(storage, { lock }, ctx);
    const writers: string[] = [];
    const dead = new Set<string>();
    for (let step = 0; step < 8; step++) {
      for (let made = random.int(0, 2); made > 0; made--) {
        const chunks = Array.from({ length: 12 }, (_, number) => number).filter(() => random.chance(0.3));
        await addSmallBackup(reopen(repository), chunks, ctx);
        nowMs += random.pick([10, 2000]);
      }
      const ids = (await listBackupIds(repository)).filter(() => random.chance(0.4));
      await forgetBackups(repository, { backups: new Map(ids.map((id) => [id, 'test'])) }, ctx);
      nowMs += random.pick([0, 1500, 90_000]);
      // Writers that are at work for a while; some of them are killed.
      if (random.chance(0.3)) writers.push((await openSession(repository, 'backup', ctx)).name);
      if (writers.length > 0 && random.chance(0.5)) {
        const gone = writers.shift()!;
        if (random.chance(0.5)) dead.add(gone);
        else await deleteSession(repository, gone);
      }
      // A session has no name in itself: those of one time go together.
      const since = new Set([...dead].map((name) => name.slice('sessions/'.length, -9)));
      const isGone = (session: { since: string }) =>
        since.has(session.since.replace(/[-:]/g, '').replace('T', '-').slice(0, 15));
      const options = { isGone, maxRepackBytes: random.pick([0, 3000, 1 << 30]) };
      const all = await sizesOf(repository, '');
      const foreseen = await pruneRepository(reopen(repository), { ...options, dryRun: true }, ctx);
      assert.deepEqual(await sizesOf(repository, ''), all, 'a dry run changes nothing');
      const before = await sizesOf(repository, 'packs/');
      const done = await pruneRepository(reopen(repository), options, ctx);
      const after = await sizesOf(repository, 'packs/');
      const what = `history ${history}, step ${step}`;
      assert.deepEqual(
        [foreseen.deletedPacks, foreseen.deletedBytes, foreseen.waiting?.for],
        [done.deletedPacks, done.deletedBytes, done.waiting?.for],
        what,
      );
      const gone = new Map([...before].filter(([name]) => !after.has(name)));
      assert.deepEqual([gone.size, sum(gone)], [done.deletedPacks, done.deletedBytes], what);
      const isWhole = done.waiting === undefined;
      if (isWhole && options.maxRepackBytes === 1 << 30)
        await requireLittleWaste(repository, done.totals!, what);
      figures.prunes++;
      figures.deletedPacks += done.deletedPacks;
      if (!isWhole) figures.waited++;
      if ((done.totals?.repackedBytes ?? 0) > 0) figures.repacked++;
      if (isWhole && done.totals!.wasteBytes > 0) figures.young++;
    }
  }
  t.diagnostic(JSON.stringify(figures));
  for (const [what, count] of Object.entries(figures)) assert.ok(count > 0, `${what} happened`);
});

/** What is left in the store is what the plan said: its packs without those that went, and the copies. */
async function requireLittleWaste(
  repository: Repository,
  totals: { readonly packBytes: number; readonly deletedBytes: number; readonly repackedBytes: number },
  what: string,
): Promise<void> {
  const left = sum(await sizesOf(repository, 'packs/'));
  const least = totals.packBytes - totals.deletedBytes + totals.repackedBytes;
  // Headers and tables of new packs.
  assert.ok(left >= least && left <= least + 3 * 1024, `${what}: ${left} bytes, ${least} expected`);
}

test('while another prune is at work a dry run is refused as the prune would be', async () => {
  const ctx = operationContext();
  const lock = { kind: 'key-file', key: generateFileKey() } as const;
  const repository = await initRepository(openMemoryStorage(), { lock }, ctx);
  await using _pruner = await openSession(repository, 'prune', ctx);
  for (const dryRun of [true, false])
    await assert.rejects(pruneRepository(repository, { dryRun }, ctx), (error) =>
      hasCode(error, 'REPOSITORY_BUSY'),
    );
});
