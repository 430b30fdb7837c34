import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import { encodeLeaf } from '../../formats/bbolt/index.ts';
import { decodeLayout, encodeLayout, type Layout, LayoutWriter } from './index.ts';

const pageSize = 1024;

/** Three leaves of two rows below a branch, the second of them kept; both metas and page 7 are other pages. */
const sample: Layout = {
  pageSize,
  pageCount: 8,
  tail: Uint8Array.of(1, 2, 3),
  buckets: [
    [],
    [
      {
        ids: Uint32Array.of(4, 2, 6),
        elements: Uint32Array.of(2, 2, 2),
        kept: Uint8Array.of(0, 1, 0),
      },
      { ids: Uint32Array.of(3), elements: Uint32Array.of(3), kept: Uint8Array.of(0) },
    ],
  ],
  pageChunks: [new Uint8Array(32).fill(7)],
};

const isDamaged = (error: unknown) => hasCode(error, 'REPOSITORY_DAMAGED');

async function* chunksOf(...chunks: readonly Uint8Array[]) {
  await Promise.resolve();
  yield* chunks;
}

/** Writes a file with so many rows in the second bucket. */
async function write(layout: Layout, rows: number, ...others: readonly Uint8Array[]) {
  const pages = new Map<number, Uint8Array>();
  const writer = new LayoutWriter(
    layout,
    (bytes, offset) => {
      for (let at = 0; at < bytes.length; at += pageSize)
        pages.set((offset + at) / pageSize, bytes.slice(at, at + pageSize));
    },
    'a layout',
  );
  writer.startBucket().finish();
  const bucket = writer.startBucket();
  for (let row = 0; row < rows; row++) bucket.add(Uint8Array.of(row), Uint8Array.of(row, row));
  bucket.finish();
  return { pages, sizeBytes: await writer.finish(chunksOf(...others)) };
}

const otherPages = (count: number) => new Uint8Array(count * pageSize).fill(9);

test('a layout is read as it was written', () => {
  assert.deepEqual(decodeLayout(encodeLayout(sample), 'a layout'), sample);
});

test('a file is put together from rows and other pages', async () => {
  const { pages, sizeBytes } = await write(sample, 6, otherPages(2), otherPages(3));
  assert.equal(sizeBytes, 8 * pageSize + 3);
  const row = (at: number) => ({ key: Uint8Array.of(at), value: Uint8Array.of(at, at), isBucket: false });
  assert.deepEqual(pages.get(4), encodeLeaf(4, [row(0), row(1)], pageSize));
  assert.deepEqual(pages.get(6), encodeLeaf(6, [row(4), row(5)], pageSize));
  for (const other of [0, 1, 2, 5, 7]) assert.deepEqual(pages.get(other), otherPages(1), `page ${other}`);
  assert.deepEqual(pages.get(8), sample.tail);
  assert.equal(pages.size, 9);
});

test('rows and pages that are not those of the layout are refused', async () => {
  for (const rows of [0, 4, 5, 7])
    await assert.rejects(write(sample, rows, otherPages(5)), isDamaged, `${rows}`);
  for (const count of [0, 4, 6])
    await assert.rejects(write(sample, 6, otherPages(count)), isDamaged, `${count}`);
  await assert.rejects(write(sample, 6, otherPages(5).subarray(1)), isDamaged, 'half a page');
  const [first, second] = sample.buckets;
  const twice = [{ ...second![0]!, ids: Uint32Array.of(4, 2, 4) }, second![1]!];
  await assert.rejects(write({ ...sample, buckets: [first!, twice] }, 6, otherPages(5)), isDamaged, 'twice');
  await assert.rejects(write({ ...sample, buckets: [first!] }, 6, otherPages(5)), isDamaged, 'a bucket less');
  const more = { ...sample, buckets: [...sample.buckets, []] };
  await assert.rejects(write(more, 6, otherPages(5)), isDamaged, 'a bucket more');
});

test('bytes that are no layout are refused', () => {
  const content = encodeLayout(sample);
  for (let end = 0; end < content.length; end++)
    assert.throws(() => decodeLayout(content.subarray(0, end), 'a layout'), isDamaged, `${end}`);
  for (let at = 0; at < content.length; at++)
    for (let bit = 0; bit < 8; bit++) {
      const changed = content.slice();
      changed[at]! ^= 1 << bit;
      try {
        const { pageCount, buckets } = decodeLayout(changed, 'a layout');
        for (const { ids } of buckets.flat()) assert.ok(ids.every((id) => id < pageCount));
      } catch (error) {
        assert.ok(isDamaged(error), `${at}/${bit}: ${String(error)}`);
      }
    }
});

test('a layout that is larger than a content may be is refused', () => {
  const tail = new Uint8Array(64 << 20);
  assert.throws(
    () => encodeLayout({ ...sample, tail }),
    (error) => hasCode(error, 'BACKUP_NOT_EXACT'),
  );
});
