import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { describe } from 'node:test';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { formatHex } from '../bytes/index.ts';
import { openFileSource } from '../durable/index.ts';
import { HoldfastError } from '../errors/index.ts';
import { hashFile, startSha256 } from './index.ts';

const never = new AbortController().signal;
const places = [
  ['on this thread', false],
  ['on a thread of its own', true],
] as const;

/** Bytes that repeat nowhere near. */
function bytesOf(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at++) bytes[at] = (at * 2654435761) >>> 13;
  return bytes;
}

function sha256(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

for (const [where, onThread] of places) {
  describe(where, () => {
    test('bytes that come in pieces of any size, more than the ring holds', async () => {
      const bytes = bytesOf(9_000_001);
      await using hash = startSha256(0, onThread);
      const sizes = [0, 1, 4, 17, 4096, 65_535, 65_536, 65_537, 262_143, 262_144, 262_145, 700_001];
      for (let offset = 0, turn = 0; offset < bytes.length; turn++) {
        const piece = bytes.slice(offset, offset + sizes[turn % sizes.length]!);
        hash.update(piece);
        // They were copied.
        offset += piece.length;
        piece.fill(0);
      }
      assert.equal(formatHex(await hash.digest()), sha256(bytes));
    });

    test('nothing at all', async () => {
      await using hash = startSha256(0, onThread);
      assert.equal(formatHex(await hash.digest()), sha256());
    });

    test('is let go of halfway', async () => {
      await using hash = startSha256(0, onThread);
      hash.update(bytesOf(1_000_000));
    });

    test('a file, alone and with what is behind it', async () => {
      await using directory = await tempDir();
      const path = join(directory.path, 'file');
      const bytes = bytesOf(10_000_019);
      writeFileSync(path, bytes);
      using file = openFileSource(path);
      const heard: number[] = [];
      const contentBytes = bytes.length - 19;
      const options = { contentBytes, signal: never, onThread, onProgress: (at: number) => heard.push(at) };
      const content = bytes.subarray(0, contentBytes);
      const rest = bytes.subarray(contentBytes);
      const found = await hashFile(file, { ...options, rest });
      assert.equal(formatHex(found.content), sha256(content));
      assert.equal(formatHex(found.whole), sha256(bytes));
      assert.ok(heard.length >= 2 && heard.every((at, index) => at > (heard[index - 1] ?? 0)), heard.join());
      const sealed = await hashFile(file, { ...options, rest: undefined });
      assert.equal(formatHex(sealed.whole), sha256(content, Buffer.from(sha256(content), 'hex')));
    });

    test('a file that became shorter is no file with that digest', async () => {
      await using directory = await tempDir();
      const path = join(directory.path, 'file');
      writeFileSync(path, bytesOf(3_000_000));
      using file = openFileSource(path);
      truncateSync(path, 2_000_000);
      const options = { contentBytes: file.sizeBytes, rest: undefined, signal: never, onThread };
      await assert.rejects(hashFile(file, options), {
        code: 'FILE_NOT_READABLE',
        details: { path, offset: 2_000_000 },
      });
    });

    test('stops when it is told to', async () => {
      await using directory = await tempDir();
      const path = join(directory.path, 'file');
      writeFileSync(path, Buffer.alloc(30_000_000));
      using file = openFileSource(path);
      const stop = new AbortController();
      const options = { contentBytes: file.sizeBytes, rest: undefined, signal: stop.signal, onThread };
      const hashing = hashFile(file, { ...options, onProgress: () => stop.abort() });
      await assert.rejects(
        hashing,
        (error) => error instanceof HoldfastError && error.code === 'INTERRUPTED',
      );
    });
  });
}
