import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatHex } from '../../base/index.ts';
import { Uint32Column, Uint64Column } from './columns.ts';
import { KeyTable } from './key-table.ts';

test('a table gives each key one id, whatever surrounds its bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 300 }), fc.nat(5), (keys, pad) => {
      const table = new KeyTable();
      const ids = new Map<string, number>();
      for (const key of keys) {
        const padded = new Uint8Array(key.length + 2 * pad).fill(7);
        padded.set(key, pad);
        const name = formatHex(key);
        const expected = ids.get(name) ?? ids.size;
        assert.equal(table.find(padded, pad, pad + key.length), ids.get(name) ?? -1);
        assert.equal(table.intern(padded, pad, pad + key.length), expected);
        ids.set(name, expected);
        assert.equal(formatHex(table.arena.at(expected)), name);
      }
      assert.equal(table.size, ids.size);
      const sorted = [...table.arena.sortedIds()].map((id) => formatHex(table.arena.at(id)));
      assert.deepEqual(sorted, [...ids.keys()].sort());
    }),
  );
});

test('many keys, long keys, and keys longer than a chunk of the arena', () => {
  const table = new KeyTable();
  const text = new TextEncoder();
  for (let i = 0; i < 50_000; i++) {
    const key = text.encode(`/registry/pods/namespace-${i % 7}/pod-${i}`);
    assert.equal(table.intern(key, 0, key.length), i);
  }
  const sizes = [700_000, 700_000, 3_000_000, 1, 1 << 20, 0];
  const long = sizes.map((size, i) => new Uint8Array(size).fill(i + 1));
  const ids = long.map((key) => table.intern(key, 0, key.length));
  assert.deepEqual(ids, [50_000, 50_001, 50_002, 50_003, 50_004, 50_005]);
  long.forEach((key, i) => {
    assert.equal(table.find(key, 0, key.length), ids[i]);
    assert.ok(Buffer.compare(table.arena.at(ids[i]!), key) === 0);
  });
  const known = text.encode('/registry/pods/namespace-4/pod-4');
  assert.equal(table.find(known, 0, known.length), 4);
});

test('columns hold more than one chunk', () => {
  const narrow = new Uint32Column();
  const wide = new Uint64Column();
  for (let i = 0; i < 70_000; i++) {
    assert.equal(narrow.push(i), i);
    assert.equal(wide.push(i, 0xffff_ffff - i), i);
  }
  narrow.set(69_999, 5);
  wide.set(3, 1, 2);
  assert.deepEqual([narrow.get(65_535), narrow.get(65_536), narrow.get(69_999)], [65_535, 65_536, 5]);
  assert.equal(wide.get(69_998), (69_998n << 32n) | BigInt(0xffff_ffff - 69_998));
  assert.deepEqual([wide.get(3), wide.high(65_536), wide.length], [(1n << 32n) | 2n, 65_536, 70_000]);
});
