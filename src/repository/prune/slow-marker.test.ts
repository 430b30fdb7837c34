import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operationContext, systemClock } from '../../base/index.ts';
import { addSmallBackup, reopen } from '../../../test/repository/small-backups.ts';
import { openMemoryStorage } from '../../storage/index.ts';
import { forgetBackups } from '../forget/index.ts';
import { generateFileKey } from '../keys/index.ts';
import { initRepository, listPruneMarkers, openSession } from '../open/index.ts';
import { pruneRepository } from './index.ts';

test('a writer that came while the marker was being put is waited for, whatever the store says of the marker’s time', async () => {
  let nowMs = Date.parse('2026-11-23T00:00:00Z');
  const ctx = operationContext({ clock: { ...systemClock, now: () => nowMs } });
  const storage = openMemoryStorage({ now: () => nowMs });
  const lock = { kind: 'key-file', key: generateFileKey() } as const;
  const repository = await initRepository(storage, { lock }, ctx);
  const { id } = await addSmallBackup(repository, [1], ctx);
  await addSmallBackup(repository, [2], ctx);
  await forgetBackups(repository, { backups: new Map([[id, 'test']]) }, ctx);
  nowMs += 10_000;
  const startMs = nowMs;
  await using writer = new AsyncDisposableStack();
  const slow = reopen(repository, {
    ...storage,
    async putIfAbsent(name, content, options) {
      if (!name.startsWith('prune/') || nowMs > startMs) return storage.putIfAbsent(name, content, options);
      nowMs = startMs + 90_000;
      writer.use(await openSession(repository, 'backup', ctx));
      nowMs = startMs;
      const outcome = await storage.putIfAbsent(name, content, options);
      nowMs = startMs + 120_000;
      return outcome;
    },
  });
  const first = await pruneRepository(slow, {}, ctx);
  assert.equal(first.waiting?.for, 'writers');
  assert.equal(first.deletedPacks, 0);
  nowMs += 600_000;
  // Also for a pruner that knows only what lies in the store.
  assert.equal((await pruneRepository(reopen(repository), {}, ctx)).waiting?.for, 'writers');
  await writer.disposeAsync();
  assert.ok((await pruneRepository(reopen(repository), {}, ctx)).deletedPacks > 0);
  assert.deepEqual(await listPruneMarkers(repository), []);
});
