import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode, operationContext, type OperationContext, utf8 } from '../../base/index.ts';
import { generateFileKey, initRepository, listBackupIds } from '../../repository/index.ts';
import { openMemoryStorage } from '../../storage/index.ts';
import { buildDatabase } from '../../../test/support/build-database.ts';
import { tinyRows } from '../../../test/support/memory-store.ts';
import { reopen } from '../../../test/repository/small-backups.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { beginBackupFacts, createBackup, fetchBackup } from './index.ts';

const ctx = operationContext();
const lock = { kind: 'key-file', key: generateFileKey() } as const;
const allRows = Object.entries(tinyRows).map(([name, items]) => ({ name: utf8(name), items }));
const fewerRows = allRows.map((bucket) =>
  Buffer.from(bucket.name).toString() === 'key' ? { ...bucket, items: bucket.items.slice(0, -1) } : bucket,
);

test('of a file that has taken the name since the check began, its own facts are kept', async () => {
  await using dir = await tempDir('changed-file');
  const [path, next] = [join(dir.path, 's.db'), join(dir.path, 'next.db')];
  await writeFile(path, buildDatabase(fewerRows));
  await writeFile(next, buildDatabase(allRows));
  const repository = await initRepository(openMemoryStorage(), { lock }, ctx);
  await using begun = beginBackupFacts(path, { skipDigest: true }, ctx);
  const { sha256 } = await begun.facts;
  await rename(next, path);
  const source = { kind: 'file', path, skipDigest: true, facts: begun.facts } as const;
  const { record } = await createBackup({ repository, source, program: 'test', exact: true }, ctx);
  assert.notEqual(record.source.sha256, sha256);
  const fetched = join(dir.path, 'fetched.db');
  await fetchBackup({ repository, id: record.id, path: fetched, exact: 'required' }, ctx);
  assert.deepEqual(await readFile(fetched), await readFile(path));
});

test('a file that is changed while it is stored becomes no backup', async () => {
  await using dir = await tempDir('changed-file');
  const path = join(dir.path, 's.db');
  await writeFile(path, buildDatabase(allRows));
  const storage = openMemoryStorage();
  const repository = await initRepository(storage, { lock }, ctx);
  const whileWriting = reopen(repository, {
    ...storage,
    async putIfAbsent(name, content, options) {
      if (name.startsWith('packs/')) await utimes(path, 1, 1);
      return storage.putIfAbsent(name, content, options);
    },
  });
  const source = { kind: 'file', path, skipDigest: true } as const;
  await assert.rejects(createBackup({ repository: whileWriting, source, program: 'test' }, ctx), (error) =>
    hasCode(error, 'FILE_NOT_READABLE'),
  );
  assert.deepEqual(await listBackupIds(repository), []);
});

test('another run that fetches to the same name does not make a backup seem damaged', async () => {
  await using dir = await tempDir('changed-file');
  const [path, fetched] = [join(dir.path, 's.db'), join(dir.path, 'fetched.db')];
  await writeFile(path, buildDatabase(allRows));
  const repository = await initRepository(openMemoryStorage(), { lock }, ctx);
  const source = { kind: 'file', path, skipDigest: true } as const;
  const { record } = await createBackup({ repository, source, program: 'test' }, ctx);
  const events: OperationContext['events'] = (event) => {
    if (event.type !== 'phase-finished' || event.phase !== 'fetch') return;
    rmSync(`${fetched}.part`);
    writeFileSync(`${fetched}.part`, buildDatabase(fewerRows).subarray(0, 20_000));
  };
  await assert.rejects(
    fetchBackup({ repository, id: record.id, path: fetched }, operationContext({ events })),
    (error) => hasCode(error, 'SAVE_SUPERSEDED'),
  );
});
