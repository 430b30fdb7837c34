import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { hasCode, operationContext } from '../../base/index.ts';
import { startDigest } from './digest-database.ts';

function content(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => (i * 31 + (i >>> 8)) & 0xff);
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

test('a file that appears later, and grows', async () => {
  await using dir = await tempDir('digest');
  const path = join(dir.path, 'db');
  const bytes = content(5_000_000);
  await using digest = startDigest(path, bytes.length, operationContext());
  {
    await using handle = await open(path, 'w');
    for (let at = 0; at < bytes.length; at += 700_001)
      await handle.write(bytes, at, Math.min(700_001, bytes.length - at));
  }
  digest.fileIsComplete();
  assert.deepEqual(new Uint8Array((await digest.result).digest()), sha256(bytes));
});

test('ranges that change meanwhile count as they were, also across chunks and behind the end', async () => {
  await using dir = await tempDir('digest');
  const path = join(dir.path, 'db');
  const bytes = content(3_000_000);
  const before = [0, 4096, (1 << 20) - 50, 2_999_990].map((offset) => {
    return { offset, bytes: bytes.slice(offset, offset + 4096) };
  });
  await writeFile(path, bytes);
  await using digest = startDigest(path, bytes.length, operationContext());
  digest.rangesWillChange(before);
  await using handle = await open(path, 'r+');
  for (const { offset } of before) await handle.write(new Uint8Array(4096).fill(1), 0, 4096, offset);
  digest.fileIsComplete();
  assert.deepEqual(new Uint8Array((await digest.result).digest()), sha256(bytes));
});

test('a file that stays too short, none at all, and a stop', async () => {
  await using dir = await tempDir('digest');
  const path = join(dir.path, 'db');
  await using none = startDigest(path, 100, operationContext());
  none.fileIsComplete();
  await assert.rejects(none.result, (error: unknown) => hasCode(error, 'FILE_NOT_FOUND'));
  await writeFile(path, content(99));
  await using short = startDigest(path, 100, operationContext());
  short.fileIsComplete();
  await assert.rejects(short.result, (error: unknown) => hasCode(error, 'FILE_NOT_READABLE'));
  const stop = new AbortController();
  await using stopped = startDigest(path, 100, operationContext({ signal: stop.signal }));
  stop.abort();
  await assert.rejects(stopped.result, (error: unknown) => hasCode(error, 'INTERRUPTED'));
  const disposed = startDigest(path, 100, operationContext());
  await disposed[Symbol.asyncDispose]();
  await assert.rejects(disposed.result, (error: unknown) => hasCode(error, 'INTERRUPTED'));
});
