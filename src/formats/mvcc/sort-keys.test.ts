import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../test/support/random.ts';
import { testSeed } from '../../../test/support/test-seed.ts';
import { KeyTable } from './index.ts';
import { sortKeys } from './sort-keys.ts';

/** Sorted by words, and by comparing bytes; both as hex. */
function sortBoth(keys: Iterable<Uint8Array>, fourUpTo?: number): [string[], string[]] {
  const table = new KeyTable();
  for (const key of keys) table.intern(key, 0, key.length);
  const { arena } = table;
  const all = Array.from({ length: arena.size }, (_, id) => Buffer.from(arena.at(id)));
  const hex = (key: Uint8Array) => Buffer.from(key).toString('hex');
  return [
    Array.from(sortKeys(arena, fourUpTo), (id) => hex(arena.at(id))),
    all.toSorted((a, b) => Buffer.compare(a, b)).map(hex),
  ];
}

test('keys of all lengths with few different bytes, zeros and the highest among them', (t) => {
  const random = new Random(testSeed(t));
  const few = [0, 0, 1, 0x61, 0x80, 0xff];
  for (let round = 0; round < 40; round++) {
    const longest = random.pick([1, 3, 4, 5, 9, 40]);
    const keys = Array.from({ length: random.int(0, 600) }, () =>
      Uint8Array.from({ length: random.int(0, longest) }, () => random.pick(few)),
    );
    // With few, as if there were millions, by three bytes at a time.
    const [found, expected] = sortBoth(keys, random.pick([undefined, 0, 50]));
    assert.deepEqual(found, expected);
  }
});

test('keys that begin alike, each the begin of the next, and long ones', (t) => {
  const random = new Random(testSeed(t));
  const names = Array.from({ length: 3000 }, (_, i) =>
    Buffer.from(
      `/registry/${random.pick(['pods', 'pod', 'secrets'])}/team-${i % 7}/web-${random.int(0, 1e9)}`,
    ),
  );
  const nested = Array.from({ length: 100 }, (_, length) => Buffer.alloc(length, 'a'));
  const long = Array.from({ length: 40 }, (_, i) =>
    Buffer.concat([Buffer.alloc(300_000, 'b'), Buffer.of(i)]),
  );
  const [found, expected] = sortBoth([...nested, ...names, ...long].toSorted(() => random.next() - 0.5));
  assert.deepEqual(found, expected);
});
