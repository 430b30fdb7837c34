import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildDatabase, databaseContents } from '../../../test/support/build-database.ts';
import { compareBytes, formatHex, memorySource, utf8 } from '../../base/index.ts';
import { type BucketEdits, checkDatabase, openDatabase, type PatchPlan, planPatch } from './index.ts';

function applyPatch(file: Uint8Array, plan: PatchPlan, steps: 'pages' | 'all'): Uint8Array {
  const patched = new Uint8Array(Math.max(file.length, plan.sizeBytes));
  patched.set(file);
  for (const { bytes, offset } of plan.pages) patched.set(bytes, offset);
  if (steps === 'all') patched.set(plan.meta.bytes, plan.meta.offset);
  return patched;
}

const open = (file: Uint8Array) => openDatabase(memorySource(file));

const key = fc.nat(600).map((n) => utf8(`key-${String(n).padStart(4, '0')}`));
const value = fc.oneof(
  { weight: 9, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  { weight: 1, arbitrary: fc.nat(9000).map((size) => new Uint8Array(size).fill(size)) },
);
const item = fc.record({ key, value });
const byKey = { selector: (entry: { key: Uint8Array }) => formatHex(entry.key) };
const stored = fc.uniqueArray(item, { ...byKey, maxLength: 300, size: 'max' });
const edit = fc.record({
  bucket: fc.constantFrom('key', 'meta', 'new').map(utf8),
  clear: fc.boolean(),
  changes: fc.uniqueArray(fc.record({ key, value, remove: fc.boolean() }), { ...byKey, maxLength: 40 }),
});
const edits = fc.uniqueArray(edit, { selector: ({ bucket }) => formatHex(bucket), maxLength: 3 });

type Model = Record<string, Record<string, string>>;

function expectedAfter(model: Model, all: readonly BucketEdits[]): Record<string, [string, string][]> {
  for (const { bucket, clear, put, delete: removed } of all) {
    const name = formatHex(bucket);
    const rows = clear === true ? {} : { ...model[name] };
    for (const { key: k, value: v } of put ?? []) rows[formatHex(k)] = formatHex(v);
    const gone = new Set((removed ?? []).map(formatHex));
    model[name] = Object.fromEntries(Object.entries(rows).filter(([k]) => !gone.has(k)));
  }
  const sorted = Object.entries(model).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    sorted.map(([name, rows]) => [name, Object.entries(rows).sort(([a], [b]) => (a < b ? -1 : 1))]),
  );
}

test('a patch changes what it says and nothing else; without its meta page nothing has changed', () => {
  fc.assert(
    fc.property(stored, stored, edits, fc.constantFrom(1024, 4096), (keys, metas, changes, pageSize) => {
      const sort = (rows: typeof keys) => rows.toSorted((a, b) => compareBytes(a.key, b.key));
      const file = buildDatabase(
        [
          { name: utf8('key'), items: sort(keys) },
          { name: utf8('meta'), items: sort(metas) },
        ],
        pageSize,
      );
      const plan = changes.map(({ bucket, clear, changes: rows }) => ({
        bucket,
        clear,
        put: rows.filter(({ remove }) => !remove),
        delete: rows.filter(({ remove }) => remove).map((row) => row.key),
      }));
      const before = databaseContents(open(file));
      const model = Object.fromEntries(
        Object.entries(before).map(([name, rows]) => [name, Object.fromEntries(rows)]),
      );
      const patch = planPatch(open(file), plan);

      const halfway = applyPatch(file, patch, 'pages');
      assert.deepEqual(databaseContents(open(halfway)), before);
      const tornMeta = applyPatch(file, patch, 'pages');
      tornMeta.set(patch.meta.bytes.subarray(0, 70), patch.meta.offset);
      assert.deepEqual(databaseContents(open(tornMeta)), before);

      const after = applyPatch(file, patch, 'all');
      assert.deepEqual(databaseContents(open(after)), expectedAfter(model, plan));
      assert.deepEqual(checkDatabase(memorySource(after)), []);
    }),
    { numRuns: 80 },
  );
});

test('patches on top of patches keep working', () => {
  let file = buildDatabase([{ name: utf8('key'), items: [] }], 1024);
  for (let i = 0; i < 300; i++) {
    const put = [
      { key: utf8(`k${String((i * 37) % 211).padStart(4, '0')}`), value: utf8(`value ${i}`.repeat(4)) },
    ];
    file = applyPatch(file, planPatch(open(file), [{ bucket: utf8('key'), put }]), 'all');
  }
  assert.deepEqual(checkDatabase(memorySource(file)), []);
  assert.equal([...open(file).bucket('key')!.entries()].length, 211);
});
