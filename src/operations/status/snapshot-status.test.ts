import assert from 'node:assert/strict';
import { chmod, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildDatabase } from '../../../test/support/build-database.ts';
import { damageCases } from '../../../test/support/damage-cases.ts';
import { DatabaseEditor } from '../../../test/support/database-editor.ts';
import { fileOf, memoryDir } from '../../../test/support/file-in-memory.ts';
import { tinyRows } from '../../../test/support/memory-store.ts';
import { sampleDatabase } from '../../../test/support/sample-database.ts';
import { type Finding, HoldfastError, operationContext, utf8 } from '../../base/index.ts';
import { snapshotStatus, structureError } from './index.ts';

const status = (path: string) => snapshotStatus({ path }, operationContext());

async function failure(path: string): Promise<HoldfastError> {
  try {
    await status(path);
  } catch (error) {
    assert.ok(error instanceof HoldfastError, String(error));
    return error;
  }
  throw new Error('it succeeded');
}

test('the five numbers of a file of 3.5, with or without a digest behind it, and nothing is written', async () => {
  await using dir = await memoryDir('status');
  const bytes = buildDatabase(Object.entries(tinyRows).map(([name, items]) => ({ name: utf8(name), items })));
  const withDigest = Uint8Array.of(...bytes, ...new Uint8Array(32).fill(3));
  for (const content of [bytes, withDigest]) {
    const path = await fileOf(dir, content);
    await chmod(path, 0o400);
    assert.deepEqual(await status(path), {
      hash: 0x633b2130,
      revision: 6n,
      totalKeys: 9,
      totalSizeBytes: 12288,
      version: undefined,
      warnings: [],
    });
    assert.ok(Buffer.compare(await readFile(path), content) === 0);
    await rm(path);
  }
});

test('a file without anything has zeros', async () => {
  await using dir = await memoryDir('status');
  const numbers = await status(await fileOf(dir, buildDatabase([])));
  assert.deepEqual(
    [numbers.hash, numbers.revision, numbers.totalKeys, numbers.totalSizeBytes],
    [0, 0n, 0, 3 * 4096],
  );
});

test('one damaged meta page is a warning, and changes no number', async () => {
  await using dir = await memoryDir('status');
  const { bytes, pageSize } = sampleDatabase();
  const sound = await status(await fileOf(dir, bytes));
  for (const page of [0, 1]) {
    const editor = new DatabaseEditor(bytes, pageSize);
    editor.u64(page, 72, 0n);
    const { warnings, ...numbers } = await status(await fileOf(dir, editor.bytes));
    assert.deepEqual({ ...numbers, warnings: [] }, sound);
    assert.deepEqual(
      warnings.map(({ code, where }) => [code, where]),
      [['meta-invalid', { page }]],
    );
  }
});

test('damage of every kind is one clear sentence with the file in it', async () => {
  await using dir = await memoryDir('status');
  for (const { name, bytes, warns = false } of damageCases()) {
    const path = await fileOf(dir, bytes);
    if (warns) {
      assert.ok((await status(path)).warnings.length > 0, name);
      continue;
    }
    const error = await failure(path);
    assert.match(error.code, /^(DATABASE_CORRUPT|NOT_A_DATABASE)$/, name);
    assert.equal(error.exitStatus, 3, name);
    assert.ok(error.message.includes(path) && !error.message.includes('\n'), `${name}: ${error.message}`);
  }
});

test('what cannot be opened says so', async () => {
  await using dir = await memoryDir('status');
  assert.equal((await failure(join(dir.path, 'missing.db'))).code, 'FILE_NOT_FOUND');
  assert.equal((await failure(dir.path)).code, 'NOT_A_REGULAR_FILE');
  assert.equal((await failure(await fileOf(dir, new Uint8Array(0)))).code, 'NOT_A_DATABASE');
});

test('a last row that is no revision', async () => {
  await using dir = await memoryDir('status');
  const key = { name: utf8('key'), items: [{ key: utf8('zzz'), value: utf8('') }] };
  assert.equal((await failure(await fileOf(dir, buildDatabase([key])))).code, 'RECORD_INVALID');
});

test('of many findings the first few are named and all are counted', () => {
  const finding = (index: number): Finding => ({
    severity: 'fail',
    code: 'page-id',
    message: `page ${index}: its header says it is page 0`,
  });
  const warning: Finding = { severity: 'warn', code: 'meta-invalid', message: 'meta page 0 is damaged' };
  const one = structureError('f.db', [warning, finding(9)]);
  assert.equal(one.message, 'f.db is damaged: page 9: its header says it is page 0');
  const many = structureError(
    'f.db',
    Array.from({ length: 1000 }, (_, index) => finding(index)),
  );
  assert.equal(many.message, 'f.db is damaged: page 0: its header says it is page 0 (and 999 more findings)');
  assert.equal((many.details['findings'] as string[]).length, 20);
});
