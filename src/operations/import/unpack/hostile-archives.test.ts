/** Archives that nobody's backup tool makes: names that lead out, two databases, holes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { HoldfastError, operationContext } from '../../../base/index.ts';
import { tempDir } from '../../../../test/support/temp-dir.ts';
import { importBackup } from '../import-backup.ts';

const samples = join(import.meta.dirname, '../../../../testdata/import');

/** What importing a file fails with; the directory holds what it held before. */
async function failure(path: string, directory: string): Promise<HoldfastError> {
  const before = readdirSync(directory);
  try {
    await importBackup({ paths: [path], out: join(directory, 'out.db') }, operationContext());
  } catch (error) {
    assert.deepEqual(readdirSync(directory), before);
    assert.ok(error instanceof HoldfastError, String(error));
    return error;
  }
  throw new Error('it succeeded');
}

test('a zip with a name that leads out of it is refused', async () => {
  await using dir = await tempDir('import-zip');
  const bytes = readFileSync(join(samples, 'compressed/snapshot.zip'));
  const [from, to] = [Buffer.from('snapshot.db'), Buffer.from('../../../db')];
  for (let at = bytes.indexOf(from); at !== -1; at = bytes.indexOf(from, at + 1)) to.copy(bytes, at);
  const path = join(dir.path, 'evil.zip');
  writeFileSync(path, bytes);
  const error = await failure(path, dir.path);
  assert.equal(error.code, 'IMPORT_DAMAGED');
  assert.match(error.message, /leads out of the archive/);
});

test('a tar with two databases, or a name that leads out, is refused', async () => {
  await using dir = await tempDir('import-tar');
  const snapshot = readFileSync(join(samples, 'snapshot/snapshot.db'));
  for (const name of ['a.db', 'b.db']) writeFileSync(join(dir.path, name), snapshot);
  const path = join(dir.path, 'two.tar');
  const tar = (...words: string[]) => execFileSync('tar', ['-cPf', path, '-C', dir.path, ...words]);
  tar('a.db', 'b.db');
  const two = await failure(path, dir.path);
  assert.equal(two.code, 'IMPORT_AMBIGUOUS');
  assert.match(two.message, /a\.db, b\.db/);
  tar('--transform=s,^,../,', 'a.db');
  const out = await failure(path, dir.path);
  assert.equal(out.code, 'IMPORT_DAMAGED');
  assert.match(out.message, /leads out of the archive/);
  writeFileSync(join(dir.path, 'note.txt'), 'nothing');
  tar('note.txt');
  assert.equal((await failure(path, dir.path)).code, 'IMPORT_NOT_RECOGNISED');
});

test('a zip with two databases is refused', async () => {
  await using dir = await tempDir('import-two');
  const bytes = readFileSync(join(samples, 'compressed/snapshot.zip'));
  const path = join(dir.path, 'two.zip');
  writeFileSync(path, withEntryTwice(bytes));
  const error = await failure(path, dir.path);
  assert.deepEqual([error.code, error.exitStatus], ['IMPORT_AMBIGUOUS', 4]);
});

/** The directory's only row once more: two entries with the same content. */
function withEntryTwice(zip: Buffer): Buffer {
  const end = zip.length - 22;
  const offset = zip.readUInt32LE(end + 16);
  const row = zip.subarray(offset, end);
  const tail = Buffer.from(zip.subarray(end));
  tail.writeUInt16LE(2, 8);
  tail.writeUInt16LE(2, 10);
  tail.writeUInt32LE(row.length * 2, 12);
  return Buffer.concat([zip.subarray(0, end), row, tail]);
}
