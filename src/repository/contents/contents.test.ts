import assert from 'node:assert/strict';
import test from 'node:test';
import { hasCode, utf8 } from '../../base/index.ts';
import { encodeRevision } from '../../formats/mvcc/index.ts';
import { Random } from '../../../test/support/random.ts';
import { testSeed } from '../../../test/support/test-seed.ts';
import { rowDigestBytes, rowDigests } from '../keys/index.ts';
import {
  ChunkBoundary,
  decodeRecipe,
  decodeRows,
  decodeRowTable,
  encodeRecipe,
  encodeRows,
  encodeRowTable,
  keepRows,
  maximumChunkBytes,
  minimumChunkBytes,
  type RecipeSection,
  type Row,
  runsOf,
} from './index.ts';

const isDamaged = (error: unknown) => hasCode(error, 'REPOSITORY_DAMAGED');
const isRefused = (error: unknown) => isDamaged(error) || hasCode(error, 'REPOSITORY_FORMAT_UNKNOWN');

function revisionRows(random: Random, count: number): Row[] {
  let main = BigInt(random.int(1, 10)) * 2n ** BigInt(random.int(0, 50));
  let sub = 0n;
  return Array.from({ length: count }, () => {
    if (random.chance(0.8)) [main, sub] = [main + BigInt(random.int(1, 300)), 0n];
    else sub += BigInt(random.int(1, 3));
    const key = encodeRevision({ main, sub, tombstone: random.chance(0.2) });
    return { key, value: random.bytes(random.int(0, 100)) };
  });
}

test('rows come back as they were, whatever their keys are', (t) => {
  const random = new Random(testSeed(t));
  for (let round = 0; round < 50; round++) {
    const rows = revisionRows(random, random.int(1, 60));
    assert.deepEqual(decodeRows(encodeRows(rows), 'it'), rows);
    assert.equal(encodeRows(rows)[0], 1);
    const odd = { key: random.bytes(random.int(0, 20)), value: random.bytes(5) };
    const mixed = rows.toSpliced(random.int(0, rows.length), 0, odd);
    assert.deepEqual(decodeRows(encodeRows(mixed), 'it'), mixed);
    assert.equal(encodeRows(mixed)[0], 2);
    if (rows.length > 1) assert.deepEqual(decodeRows(encodeRows(rows.toReversed()), 'it'), rows.toReversed());
  }
  assert.throws(() => encodeRows([]), RangeError);
});

test('the largest revisions fit', () => {
  const largest = 2n ** 63n - 1n;
  const rows = [0n, largest - 1n, largest].map((main) => ({
    key: encodeRevision({ main, sub: largest, tombstone: true }),
    value: new Uint8Array(1),
  }));
  assert.equal(encodeRows(rows)[0], 1);
  assert.deepEqual(decodeRows(encodeRows(rows), 'it'), rows);
});

test('a row table says of each row what it is', (t) => {
  const random = new Random(testSeed(t));
  const rows = revisionRows(random, 40);
  const digestOf = rowDigests(random.bytes(32));
  const digests = Buffer.concat(rows.map(({ key, value }) => Buffer.from(digestOf(key, value))));
  const content = encodeRowTable(rows, digests)!;
  const table = decodeRowTable(content, 'it');
  assert.deepEqual(
    table.heads.map(encodeRevision),
    rows.map(({ key }) => key),
  );
  assert.deepEqual(
    table.heads.map(({ valueBytes }) => valueBytes),
    rows.map(({ value }) => value.length),
  );
  assert.deepEqual(Buffer.from(table.digests), digests);
  assert.equal(
    encodeRowTable([{ key: utf8('x'), value: utf8('y') }], new Uint8Array(rowDigestBytes)),
    undefined,
  );
  for (let length = 0; length < content.length; length++)
    assert.throws(() => decodeRowTable(content.subarray(0, length), 'it'), isDamaged);
});

test('hostile rows are refused', (t) => {
  const random = new Random(testSeed(t));
  const content = encodeRows(revisionRows(random, 5));
  for (let length = 0; length < content.length; length++)
    assert.throws(() => decodeRows(content.subarray(0, length), 'it'), isDamaged);
  // Twice the same revision; a count beyond everything; no rows; a form of another time.
  for (const hex of ['0102050000000000', '01ffffffff7f', '0100', '0200', '0300'])
    assert.throws(() => decodeRows(Buffer.from(hex, 'hex'), 'it'), isRefused, hex);
  for (let round = 0; round < 2000; round++) {
    const changed = content.slice();
    for (let flips = random.int(1, 3); flips > 0; flips--)
      changed[random.int(0, changed.length - 1)] = random.int(0, 255);
    try {
      decodeRows(changed, 'it');
    } catch (error) {
      assert.ok(isRefused(error), String(error));
    }
  }
});

/** Where chunks of made-up rows end, by the position behind the last row, with their sizes. */
function cutRows(rows: readonly { readonly bytes: number; readonly digest: Uint8Array }[], from = 0) {
  const boundary = new ChunkBoundary();
  const ends = new Map<number, number>();
  for (let at = from; at < rows.length; at++) {
    const { bytes, digest } = rows[at]!;
    if (boundary.endsBefore(bytes)) {
      ends.set(at, boundary.chunkBytes);
      boundary.restart();
    }
    if (!boundary.endsAfter(bytes, digest)) continue;
    ends.set(at + 1, boundary.chunkBytes);
    boundary.restart();
  }
  return ends;
}

function sizedRows(random: Random, count: number, size: () => number) {
  return Array.from({ length: count }, () => {
    const digest = new Uint8Array(rowDigestBytes);
    new DataView(digest.buffer).setUint32(0, Math.floor(random.next() * 2 ** 32), true);
    return { bytes: size(), digest };
  });
}

test('chunks have a MiB on average, and are cut alike wherever one begins', (t) => {
  const random = new Random(testSeed(t));
  const rows = sizedRows(random, 80_000, () => random.int(20, 3000));
  const all = cutRows(rows);
  const sizes = [...all.values()];
  const mean = sizes.reduce((sum, bytes) => sum + bytes, 0) / sizes.length;
  assert.ok(mean > 0.6 * 2 ** 20 && mean < 1.5 * 2 ** 20, `${mean}`);
  assert.ok(Math.min(...sizes) >= minimumChunkBytes);
  const later = [...cutRows(rows, 1000).keys()].filter((end) => end > 40_000);
  const found = later.filter((end) => all.has(end)).length;
  assert.ok(found > later.length * 0.9, `${found} of ${later.length} boundaries are found again`);
});

test('large rows have chunks of their own, and no other chunk is too large', (t) => {
  const random = new Random(testSeed(t));
  const rows = sizedRows(random, 2000, () =>
    random.chance(0.1) ? random.int(1, 9 << 20) : random.int(20, 3000),
  );
  for (const [end, bytes] of cutRows(rows))
    assert.ok(bytes <= maximumChunkBytes || bytes === rows[end - 1]!.bytes, `${bytes}`);
});

test('a recipe comes back, in one part or in many', (t) => {
  const random = new Random(testSeed(t));
  const section = (name: string, count: number): RecipeSection => ({
    name: utf8(name),
    sequence: BigInt(random.int(0, 9)),
    entries: Array.from({ length: count }, () => ({
      chunk: random.bytes(32),
      runs: Array.from({ length: random.int(0, 400) }, () => random.int(0, 1000)),
    })),
  });
  for (const sections of [
    [],
    [section('alarm', 0), section('auth', 0), section('key', 1)],
    [section('alarm', 1), section('key', 6000), section('lease', 3000), section('meta', 1)],
  ]) {
    const parts = encodeRecipe(sections);
    assert.deepEqual(decodeRecipe(parts, 'it'), sections);
    for (const part of parts) assert.ok(part.length < 1.1 * 2 ** 20, `${part.length}`);
  }
});

test('a recipe out of order, cut off or torn apart is refused', () => {
  const chunk = new Uint8Array(32);
  const section = (name: string, sequence = 0n): RecipeSection => ({
    name: utf8(name),
    sequence,
    entries: [{ chunk, runs: [3] }],
  });
  const [a, b] = [encodeRecipe([section('a')])[0]!, encodeRecipe([section('b')])[0]!];
  assert.equal(decodeRecipe([a, a, b], 'it')[0]?.entries.length, 2);
  assert.throws(() => decodeRecipe([b, a], 'it'), isDamaged);
  assert.throws(() => decodeRecipe([Buffer.concat([a, a])], 'it'), isDamaged);
  assert.throws(() => decodeRecipe([a, encodeRecipe([section('a', 1n)])[0]!], 'it'), isDamaged);
  for (let length = 1; length < a.length; length++)
    assert.throws(() => decodeRecipe([a.subarray(0, length)], 'it'), isDamaged);
});

test('runs keep the rows that they were made of', (t) => {
  const random = new Random(testSeed(t));
  for (let round = 0; round < 200; round++) {
    const rows = Array.from({ length: random.int(0, 50) }, (_, at) => at);
    const kept = rows.filter(() => random.chance(round / 200));
    assert.deepEqual(keepRows(rows, runsOf(kept), 'it'), kept);
  }
  assert.deepEqual(runsOf([]), []);
  assert.deepEqual(runsOf([0, 1, 2]), [3]);
  assert.deepEqual(runsOf([2, 3, 7]), [0, 2, 2, 3, 1]);
  assert.throws(() => keepRows([1, 2], [1, 1, 1], 'it'), isDamaged);
});
