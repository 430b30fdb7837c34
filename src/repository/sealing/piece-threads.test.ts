import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import { hasCode } from '../../base/index.ts';
import { sealPiece, startPieceThreads, startThreads } from './index.ts';

const key = Uint8Array.from(randomBytes(32));
const associated = Uint8Array.of(1, 2, 3);

test('pieces of every size come back, in the order in which they are asked for', async () => {
  await using threads = startThreads(2);
  const contents = [0, 1, 100, 5000, 70_000, 1_000_000].flatMap((size) => [
    Uint8Array.from(randomBytes(size)),
    new Uint8Array(size).fill(7),
  ]);
  const pieces = await Promise.all(
    contents.map((content, at) => sealPiece(key, at * 1000, content, associated)),
  );
  const before = pieces.map((piece) => Buffer.from(piece));
  const opened = await Promise.all(
    pieces.map((piece, at) => threads.open(key, at * 1000, piece, associated, `piece ${at}`)),
  );
  assert.deepEqual(
    opened.map((content) => Buffer.from(content)),
    contents.map((content) => Buffer.from(content)),
  );
  assert.deepEqual(pieces, before, 'they were copied');
});

test('one that does not open says why, and the others are opened all the same', async () => {
  await using threads = startThreads(1);
  const content = new Uint8Array(1000).fill(7);
  const piece = await sealPiece(key, 40, content, associated);
  const flipped = Uint8Array.from(piece);
  flipped[20]! ^= 1;
  const bad = threads.open(key, 40, flipped, associated, 'packs/x at 40');
  const good = threads.open(key, 40, piece, associated, 'packs/x at 40');
  await assert.rejects(
    bad,
    (error) => hasCode(error, 'REPOSITORY_DAMAGED') && /^packs\/x at 40: does not open/.test(error.message),
  );
  assert.deepEqual(Buffer.from(await good), Buffer.from(content));
});

test('whoever waits when the threads are let go of is told', async () => {
  const threads = startThreads(1);
  const waiting = threads.open(key, 40, new Uint8Array(8 << 20), associated, 'a piece');
  await Promise.all([
    threads[Symbol.asyncDispose](),
    assert.rejects(waiting, /a thread that opens pieces ended|does not open/),
  ]);
});

test('a few bytes are not worth a thread', () => {
  assert.equal(startPieceThreads(1 << 20), undefined);
});
