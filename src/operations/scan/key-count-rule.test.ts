import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode, openFileSource, operationContext, parseHex } from '../../base/index.ts';
import { textRow, tinyRows } from '../../../test/support/memory-store.ts';
import { writeSnapshot } from '../../../test/support/snapshot-file.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { scanDatabase } from './index.ts';

test('keys are counted as the file asks, or as the caller does', async () => {
  await using dir = await tempDir('scan');
  const path = join(dir.path, 'tiny.db');
  const meta = [...tinyRows['meta']!, textRow('storageVersion', '3.6.0')];
  await writeSnapshot(path, { ...tinyRows, meta });
  using file = openFileSource(path);
  const own = await scanDatabase(file, operationContext());
  assert.deepEqual([own.scan?.keyCountRule, own.scan?.totalKeys], ['live-keys', 3]);
  const rows = await scanDatabase(file, operationContext(), { keyCountRule: 'all-rows' });
  assert.deepEqual([rows.scan?.keyCountRule, rows.scan?.totalKeys], ['all-rows', 10]);
  assert.equal(rows.scan?.hash, own.scan?.hash);
});

test('counting rows looks into none of them', async () => {
  await using dir = await tempDir('scan');
  const path = join(dir.path, 'odd.db');
  const meta = [...tinyRows['meta']!, textRow('storageVersion', '3.6.0')];
  await writeSnapshot(path, { ...tinyRows, meta, key: [{ key: parseHex('7a7a7a'), value: parseHex('0a') }] });
  using file = openFileSource(path);
  await assert.rejects(scanDatabase(file, operationContext()), (error) => hasCode(error, 'RECORD_INVALID'));
  const { findings } = await scanDatabase(file, operationContext(), { keyCountRule: 'all-rows' });
  assert.deepEqual(findings, []);
});
