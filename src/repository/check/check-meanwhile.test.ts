import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operationContext, systemClock } from '../../base/index.ts';
import { addSmallBackup, reopen } from '../../../test/repository/small-backups.ts';
import { openMemoryStorage, type Storage } from '../../storage/index.ts';
import { forgetBackups } from '../forget/index.ts';
import { generateFileKey } from '../keys/index.ts';
import { initRepository } from '../open/index.ts';
import { pruneRepository } from '../prune/index.ts';
import { checkBackup } from './check-backup.ts';
import { checkRepository } from './check-repository.ts';

/** Three backups, of which the first shares a chunk with the second; its own chunk goes with it. */
async function makeRepository() {
  let nowMs = Date.parse('2026-11-23T00:00:00Z');
  const ctx = operationContext({ clock: { ...systemClock, now: () => nowMs } });
  const storage = openMemoryStorage({ now: () => nowMs });
  const lock = { kind: 'key-file', key: generateFileKey() } as const;
  const repository = await initRepository(storage, { lock }, ctx);
  const records = [];
  for (const chunks of [[1, 2], [2, 3], [3]]) {
    nowMs += 10_000;
    records.push(await addSmallBackup(repository, chunks, ctx));
  }
  const [first, second] = records as [(typeof records)[0], (typeof records)[0]];
  nowMs += 10_000;
  return {
    ...{ ctx, repository, first, second },
    pruneFirst: async () => {
      await forgetBackups(repository, { backups: new Map([[first.id, 'test']]) }, ctx);
      assert.ok((await pruneRepository(reopen(repository), {}, ctx)).deletedPacks > 0);
    },
  };
}

/** Does something once, when the objects of a prefix have been listed. */
function afterList(storage: Storage, prefix: string, work: () => Promise<unknown>): Storage {
  let isDone = false;
  return {
    ...storage,
    async *list(listed, options) {
      yield* storage.list(listed, options);
      if (listed !== prefix || isDone) return;
      isDone = true;
      await work();
    },
  };
}

const failures = (findings: readonly { readonly severity: string; readonly code: string }[]) =>
  findings.filter(({ severity }) => severity === 'fail').map(({ code }) => code);

for (const prefix of ['index/', '', 'sessions/'])
  test(`a check finds nothing wrong with what a backup or a prune does meanwhile: after the list of "${prefix}"`, async () => {
    for (const what of ['backup', 'prune'] as const) {
      const { ctx, repository, pruneFirst } = await makeRepository();
      const work = what === 'prune' ? pruneFirst : () => addSmallBackup(repository, [7], ctx);
      const store = afterList(repository.storage, prefix, work);
      const { findings, brokenBackups } = await checkRepository(
        reopen(repository, store),
        { readData: 1 },
        ctx,
      );
      assert.deepEqual([failures(findings), brokenBackups], [[], []], what);
    }
  });

test('a check of one backup follows what a prune moves', async () => {
  const { ctx, repository, second, pruneFirst } = await makeRepository();
  const checked = reopen(repository);
  await checked.index();
  await pruneFirst();
  const { findings } = await checkBackup(checked, second, { share: 1, seed: 1 }, ctx);
  assert.deepEqual(failures(findings), []);
});
