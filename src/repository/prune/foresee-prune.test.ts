import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operationContext, systemClock } from '../../base/index.ts';
import { addSmallBackup, reopen } from '../../../test/repository/small-backups.ts';
import { openMemoryStorage } from '../../storage/index.ts';
import { forgetBackups } from '../forget/index.ts';
import { generateFileKey } from '../keys/index.ts';
import { initRepository } from '../open/index.ts';
import { pruneRepository } from './index.ts';

test('what would be freed is told also while a forget and a prune are at work', async () => {
  let nowMs = Date.parse('2026-11-23T00:00:00Z');
  const ctx = operationContext({ clock: { ...systemClock, now: () => nowMs } });
  const storage = openMemoryStorage({ now: () => nowMs });
  const lock = { kind: 'key-file', key: generateFileKey() } as const;
  const repository = await initRepository(storage, { lock }, ctx);
  const { id } = await addSmallBackup(repository, [1, 2], ctx);
  await addSmallBackup(repository, [2, 3], ctx);
  nowMs += 10_000;
  let reads = 0;
  const beside = reopen(repository, {
    ...storage,
    async get(name, options) {
      if (name.startsWith('packs/') && ++reads === 1) {
        await forgetBackups(repository, { backups: new Map([[id, 'test']]) }, ctx);
        assert.ok((await pruneRepository(reopen(repository), {}, ctx)).deletedPacks > 0);
      }
      return storage.get(name, options);
    },
  });
  await pruneRepository(beside, { dryRun: true }, ctx);
  assert.ok(reads > 0);
});
