import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode, operationContext, utf8 } from '../../base/index.ts';
import { buildDatabase } from '../../../test/support/build-database.ts';
import { tinyRows } from '../../../test/support/memory-store.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { snapshotHashKv } from './index.ts';

const tinyFile = () =>
  buildDatabase(Object.entries(tinyRows).map(([name, items]) => ({ name: utf8(name), items })));

test('the hash of a read-only file, which stays as it is', async () => {
  await using dir = await tempDir('hashkv');
  const path = join(dir.path, 'tiny.db');
  await writeFile(path, tinyFile());
  await chmod(path, 0o400);
  const phases: string[] = [];
  const ctx = operationContext({
    events: (event) => phases.push(event.type),
  });
  const result = await snapshotHashKv({ path, revision: 5n }, ctx);
  assert.deepEqual(result, { hash: 2447747462, hashRevision: 5n, compactRevision: -1n });
  assert.deepEqual(phases, ['phase-started', 'phase-finished']);
  assert.ok(Buffer.compare(await readFile(path), tinyFile()) === 0);
});

test('a later compact revision can be assumed', async () => {
  await using dir = await tempDir('hashkv');
  const path = join(dir.path, 'tiny.db');
  await writeFile(path, tinyFile());
  const later = await snapshotHashKv({ path, compactRevision: 5n }, operationContext());
  assert.equal(later.compactRevision, 5n);
  assert.notEqual(later.hash, 206368358);
  await assert.rejects(
    snapshotHashKv({ path, compactRevision: 5n, revision: 4n }, operationContext()),
    (error) => hasCode(error, 'REVISION_COMPACTED'),
  );
});

test('what cannot be hashed is refused', async () => {
  await using dir = await tempDir('hashkv');
  const path = join(dir.path, 'tiny.db');
  const run = (options: { path: string; revision?: bigint }) => snapshotHashKv(options, operationContext());
  await assert.rejects(run({ path }), (error) => hasCode(error, 'FILE_NOT_FOUND'));
  await assert.rejects(run({ path: dir.path }), (error) => hasCode(error, 'NOT_A_REGULAR_FILE'));
  await writeFile(path, utf8('no database'));
  await assert.rejects(run({ path }), (error) => hasCode(error, 'NOT_A_DATABASE'));
  await writeFile(path, tinyFile());
  await assert.rejects(run({ path, revision: 7n }), (error) => hasCode(error, 'REVISION_FUTURE'));
  const controller = new AbortController();
  controller.abort();
  await assert.rejects(snapshotHashKv({ path }, operationContext({ signal: controller.signal })), (error) =>
    hasCode(error, 'INTERRUPTED'),
  );
});
