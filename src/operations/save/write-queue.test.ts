import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { WriteQueue } from './write-queue.ts';

const slabBytes = 1 << 20;

/** What a queue sealed and wrote, and how far it said that it was. */
function recording(pauses: () => Promise<void> | undefined) {
  const sealed: Buffer[] = [];
  const written: Buffer[] = [];
  const progress: number[] = [];
  const queue = new WriteQueue(
    (bytes) => {
      const pause = pauses();
      if (pause === undefined) {
        written.push(Buffer.from(bytes));
        return undefined;
      }
      // The bytes are looked at only after the pause: by then the queue must not have reused them.
      return pause.then(() => {
        written.push(Buffer.from(bytes));
      });
    },
    (bytes) => sealed.push(Buffer.from(bytes)),
    (writtenBytes) => progress.push(writtenBytes),
  );
  return { queue, sealed, written, progress };
}

/** A piece with a content of its own. */
function piece(sizeBytes: number, seed: number): Uint8Array {
  return new Uint8Array(sizeBytes).map((_, index) => (index * 31 + seed * 7) & 0xff);
}

describe('WriteQueue', () => {
  test('writes what was pushed, in order and once, whenever the writer is done', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 3 * slabBytes }), { maxLength: 6 });
    const kinds = fc.infiniteStream(fc.boolean());
    await fc.assert(
      fc.asyncProperty(sizes, kinds, async (pieces, asynchronous) => {
        const { queue, sealed, written, progress } = recording(() =>
          asynchronous.next().value ? new Promise((resolve) => setImmediate(resolve)) : undefined,
        );
        const expected: Uint8Array[] = [];
        for (const [index, size] of pieces.entries()) {
          const bytes = piece(size, index);
          expected.push(Uint8Array.from(bytes));
          const wait = queue.push(bytes);
          bytes.fill(0xee);
          await wait;
        }
        await queue.flush();
        const all = Buffer.concat(expected);
        assert.ok(Buffer.concat(written).equals(all));
        assert.ok(Buffer.concat(sealed).equals(all));
        assert.equal(progress.at(-1) ?? 0, all.length);
      }),
      { numRuns: 25 },
    );
  });

  test('asks to wait when eight slabs wait to be written', async () => {
    const release = Promise.withResolvers<undefined>();
    const { queue } = recording(() => release.promise);
    const slab = new Uint8Array(slabBytes);
    for (let i = 0; i < 7; i++) assert.equal(queue.push(slab), undefined);
    const wait = queue.push(slab);
    assert.ok(wait instanceof Promise);
    release.resolve(undefined);
    await wait;
    assert.equal(queue.push(slab), undefined);
    await queue.flush();
  });

  test('a failed write is told by the next push and by flush, and ends the writing', async () => {
    const broken = new Error('disk full');
    let writes = 0;
    const queue = new WriteQueue(
      () => {
        writes++;
        return Promise.reject(broken);
      },
      () => undefined,
      () => assert.fail('nothing was written'),
    );
    const slab = new Uint8Array(slabBytes);
    void queue.push(slab);
    void queue.push(slab);
    await assert.rejects(queue.flush(), broken);
    assert.throws(() => queue.push(slab), broken);
    await assert.rejects(queue.flush(), broken);
    assert.equal(writes, 1);
  });

  test('a writer that throws at once makes push throw', () => {
    const broken = new Error('disk full');
    const queue = new WriteQueue(
      () => {
        throw broken;
      },
      () => undefined,
      () => undefined,
    );
    assert.throws(() => queue.push(new Uint8Array(slabBytes)), broken);
  });
});
