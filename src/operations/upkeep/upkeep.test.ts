import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode, operationContext, utf8 } from '../../base/index.ts';
import {
  forgetBackups,
  generateFileKey,
  initRepository,
  listBackupIds,
  listPins,
} from '../../repository/index.ts';
import { openMemoryStorage } from '../../storage/index.ts';
import { buildDatabase } from '../../../test/support/build-database.ts';
import { tinyRows } from '../../../test/support/memory-store.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { addSmallBackup, reopen } from '../../../test/repository/small-backups.ts';
import { createBackup } from '../backup/index.ts';
import { forgetStoredBackups, pinBackup, unpinBackup, unpinEnded, verifyBackup } from './index.ts';

const ctx = operationContext();
const lock = { kind: 'key-file', key: generateFileKey() } as const;

test('a policy forgets what it does not keep, and a pinned backup stays', async () => {
  const repository = await initRepository(openMemoryStorage(), { lock }, ctx);
  for (const chunk of [1, 2, 3]) await addSmallBackup(repository, [chunk]);
  const ids = await listBackupIds(repository);
  const pinned = ids[0]!;
  await pinBackup({ repository, id: pinned, reason: 'before the upgrade' }, ctx);
  const options = { repository, policy: { last: 1 } };
  const planned = await forgetStoredBackups({ ...options, dryRun: true }, ctx);
  assert.deepEqual(await listBackupIds(repository), ids, 'nothing happened yet');
  const { forgotten, plan } = await forgetStoredBackups(options, ctx);
  assert.deepEqual(forgotten, planned.forgotten);
  assert.equal(plan!.decisions.length, 3);
  assert.ok(!forgotten.includes(pinned) && forgotten.length >= 1);
  assert.deepEqual(
    await listBackupIds(repository),
    ids.filter((id) => !forgotten.includes(id)),
  );
  const byName = { repository, ids: [pinned] };
  await assert.rejects(forgetStoredBackups(byName, ctx), (error) => hasCode(error, 'BACKUP_KEPT'));
  await unpinBackup({ repository, id: pinned }, ctx);
  assert.deepEqual((await forgetStoredBackups(byName, ctx)).forgotten, [pinned]);
});

test('a pin that comes while a forget is at work keeps its backup, and one that is renewed is there all the while', async () => {
  const storage = openMemoryStorage();
  const repository = await initRepository(storage, { lock }, ctx);
  for (const chunk of [1, 2, 3]) await addSmallBackup(repository, [chunk]);
  const planned = await forgetStoredBackups({ repository, policy: { last: 1 }, dryRun: true }, ctx);
  const [first, second] = planned.forgotten as [string, string];
  // The second is pinned while the first is forgotten.
  const whilePinning = reopen(repository, {
    ...storage,
    async putIfAbsent(name, content, options) {
      if (name === `forgotten/${first}`) await pinBackup({ repository, id: second, reason: 'late' }, ctx);
      return storage.putIfAbsent(name, content, options);
    },
  });
  const { forgotten } = await forgetStoredBackups({ repository: whilePinning, policy: { last: 1 } }, ctx);
  assert.deepEqual(forgotten, [first]);
  const words: (readonly string[])[] = [];
  const watched = reopen(repository, {
    ...storage,
    async delete(name, options) {
      words.push(
        (await listPins(repository)).map(({ statement }) => (statement as { reason: string }).reason),
      );
      return storage.delete(name, options);
    },
  });
  await pinBackup({ repository: watched, id: second, reason: 'again' }, ctx);
  assert.deepEqual(
    words.map((each) => each.toSorted()),
    [['again', 'late']],
  );
  assert.deepEqual((await listPins(repository)).length, 1);
});

test('what two forgets forget at the same time is forgotten, and no error', async () => {
  const repository = await initRepository(openMemoryStorage(), { lock }, ctx);
  for (const chunk of [1, 2, 3]) await addSmallBackup(repository, [chunk]);
  const options = { repository, policy: { last: 1 } };
  await Promise.all([forgetStoredBackups(options, ctx), forgetStoredBackups(options, ctx)]);
  assert.equal((await listBackupIds(repository)).length, 1);
});

test('of pins that come at the same time one stays, and one that comes while the ended ones go', async () => {
  const storage = openMemoryStorage();
  const repository = await initRepository(storage, { lock }, ctx);
  await addSmallBackup(repository, [1]);
  const [id] = (await listBackupIds(repository)) as [string];
  const ended = { repository, id, reason: 'ended', untilMs: 1 };
  for (let round = 0; round < 10; round++) {
    await Promise.all([1, 2, 3].map(() => pinBackup(ended, ctx)));
    assert.ok((await listPins(repository)).length > 0, 'pinned');
  }
  // By a clock that is a day behind the last.
  const late = { ...ctx.clock, now: () => ctx.clock.now() - 86_400_000 };
  await pinBackup({ ...ended, reason: 'behind' }, { ...ctx, clock: late });
  const [behind, ...others] = await listPins(repository);
  assert.equal((behind!.statement as { reason: string }).reason, 'behind');
  assert.deepEqual(others, []);
  const whileListing = reopen(repository, {
    ...storage,
    async delete(name, options) {
      if (name === behind!.name) await pinBackup({ repository, id, reason: 'fresh' }, ctx);
      return storage.delete(name, options);
    },
    async *list(prefix, options) {
      yield* storage.list(prefix, options);
      if (prefix === 'pins/') await pinBackup({ repository, id, reason: 'fresh' }, ctx);
    },
  });
  assert.deepEqual((await unpinEnded({ repository: whileListing }, ctx)).ids, [id]);
  assert.ok((await listPins(repository)).length > 0, 'a pin without an end');
});

test('a verification is kept with its backup, and keeps it from being forgotten', async () => {
  await using dir = await tempDir('verify-backup');
  const path = join(dir.path, 'member.db');
  const buckets = Object.entries(tinyRows).map(([name, items]) => ({ name: utf8(name), items }));
  await writeFile(path, buildDatabase(buckets));
  const storage = openMemoryStorage();
  const repository = await initRepository(storage, { lock }, ctx);
  const source = { kind: 'file', path, skipDigest: true } as const;
  const { record } = await createBackup({ repository, source, program: 'test' }, ctx);
  const { result } = await verifyBackup({ repository, id: record.id, workDir: dir.path }, ctx);
  assert.equal(result.verdict, 'passed', JSON.stringify(result.findings));
  assert.ok(result.checked.includes('hashkv'));
  await assert.rejects(forgetStoredBackups({ repository, ids: [record.id] }, ctx), (error) =>
    hasCode(error, 'BACKUP_KEPT'),
  );
  for await (const { name, sizeBytes } of storage.list('packs/')) {
    const bytes = await storage.get(name);
    bytes[sizeBytes >> 1]! ^= 1;
    await storage.delete(name);
    await storage.putIfAbsent(name, [bytes]);
  }
  const again = await verifyBackup({ repository, id: record.id, workDir: dir.path }, ctx);
  assert.equal(again.result.verdict, 'failed');
});

test('a backup that is forgotten while it is verified is not damaged', async () => {
  await using dir = await tempDir('verify-backup');
  const path = join(dir.path, 'member.db');
  const buckets = Object.entries(tinyRows).map(([name, items]) => ({ name: utf8(name), items }));
  await writeFile(path, buildDatabase(buckets));
  for (const subset of [undefined, { share: 1, seed: 1 }]) {
    const storage = openMemoryStorage();
    const repository = await initRepository(storage, { lock }, ctx);
    const source = { kind: 'file', path, skipDigest: true } as const;
    const { record } = await createBackup({ repository, source, program: 'test' }, ctx);
    const forgetting = reopen(repository, {
      ...storage,
      async get(name, options) {
        if (name.startsWith('packs/')) {
          await forgetBackups(repository, { backups: new Map([[record.id, 'test']]) }, ctx);
          for await (const pack of storage.list('packs/')) await storage.delete(pack.name);
        }
        return storage.get(name, options);
      },
    });
    const options = { repository: forgetting, id: record.id, workDir: dir.path };
    await assert.rejects(verifyBackup({ ...options, ...(subset && { subset }) }, ctx), (error) =>
      hasCode(error, 'BACKUP_NOT_FOUND'),
    );
    for await (const { name } of storage.list('results/')) assert.fail(name);
  }
});
