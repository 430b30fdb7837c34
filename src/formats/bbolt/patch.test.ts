import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildDatabase, databaseContents } from '../../../test/support/build-database.ts';
import { freelistDatabase } from '../../../test/support/freelist-damage.ts';
import { DatabaseEditor } from '../../../test/support/database-editor.ts';
import { sampleDatabase } from '../../../test/support/sample-database.ts';
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

test('the new meta page never takes the place of the one in use, and has the parity of its page', () => {
  const { bytes, pageSize } = sampleDatabase();
  const put = [{ key: utf8('k'), value: utf8('v') }];
  for (const [first, second] of [
    [2n, 1n],
    [3n, 2n],
    [1n, 2n],
    [4n, 5n],
    [9n, 4n],
  ] as const) {
    const editor = new DatabaseEditor(bytes, pageSize).meta({ txid: first }, [0]).meta({ txid: second }, [1]);
    const before = open(editor.bytes);
    const patch = planPatch(before, [{ bucket: utf8('new'), put }]);
    const target = patch.meta.offset / pageSize;
    assert.notEqual(target, before.metaPages.indexOf(before.meta));
    const after = open(applyPatch(editor.bytes, patch, 'all'));
    assert.equal(after.metaPages.indexOf(after.meta), target);
    assert.equal(Number(after.meta.txid % 2n), target);
    assert.ok(after.meta.txid > first && after.meta.txid > second);
    // The other page still opens the old state.
    const torn = applyPatch(editor.bytes, patch, 'all');
    torn[patch.meta.offset + 40]! ^= 1;
    assert.deepEqual(databaseContents(open(torn)), databaseContents(before));
  }
});

test('with one meta page damaged, the patch repairs that one', () => {
  const { bytes, pageSize } = sampleDatabase();
  for (const damaged of [0, 1]) {
    const editor = new DatabaseEditor(bytes, pageSize);
    editor.u64(damaged, 72, 0n);
    const patch = planPatch(open(editor.bytes), [{ bucket: utf8('meta'), delete: [utf8('term')] }]);
    assert.equal(patch.meta.offset, damaged * pageSize);
    const after = applyPatch(editor.bytes, patch, 'all');
    assert.deepEqual(checkDatabase(memorySource(after)), []);
    assert.equal(open(after).bucket('meta')!.get(utf8('term')), undefined);
  }
});

test('a stored freelist is given up, and the file stays sound', () => {
  const file = freelistDatabase();
  const put = [{ key: utf8('key-0000'), value: new Uint8Array(3000) }];
  const after = applyPatch(file, planPatch(open(file), [{ bucket: utf8('key'), put }]), 'all');
  assert.equal(open(after).meta.freelistId, undefined);
  assert.deepEqual(checkDatabase(memorySource(after)), []);
});

test('a bucket that shrinks to nothing, grows out of the root, or splits the root stays sound', () => {
  const { bytes } = sampleDatabase();
  const all = [...open(bytes).bucket('key')!.entries()].map(({ key: k }) => k);
  const names = Array.from({ length: 60 }, (_, i) => utf8(`bucket-with-a-long-name-${i}`));
  const small = { key: utf8('k'), value: new Uint8Array(150) };
  const steps: BucketEdits[][] = [
    [{ bucket: utf8('key'), delete: all }],
    [{ bucket: utf8('alarm'), put: all.map((k) => ({ key: k, value: k })) }],
    names.map((name) => ({ bucket: name, put: [small] })),
    [{ bucket: names[30]!, delete: [small.key] }],
  ];
  let file = bytes;
  for (const edits of steps) {
    file = applyPatch(file, planPatch(open(file), edits), 'all');
    assert.deepEqual(checkDatabase(memorySource(file)), []);
  }
  assert.equal(open(file).bucket('key')!.last(), undefined);
  assert.equal([...open(file).bucket('alarm')!.entries()].length, all.length);
  assert.equal([...open(file).buckets()].length, 64);
});

test('what cannot be patched is refused', () => {
  const sample = sampleDatabase();
  const { bytes, pageSize, top, branches, pageCount } = sample;
  const put = [{ key: utf8('k'), value: utf8('v') }];
  const refused = (edit: (editor: DatabaseEditor) => void) => {
    const editor = new DatabaseEditor(bytes, pageSize);
    edit(editor);
    assert.throws(() => planPatch(open(editor.bytes), [{ bucket: utf8('key'), put }]), {
      code: 'DATABASE_CORRUPT',
    });
  };
  refused((editor) => editor.meta({ pageCount: BigInt(pageCount + 1) }));
  refused((editor) => editor.meta({ txid: 0xffff_ffff_ffff_ffffn }));
  refused((editor) => editor.u32(sample.root, 16 + 16, 0));
  refused((editor) => editor.header(branches[1]!, { flags: 0 }));
  // The tree turns in a circle in which the key belongs below many children: 2^64 ways down, were they all walked.
  refused((editor) => {
    const key = (index: number) => top * pageSize + 16 + index * 16 + editor.u32(top, 16 + index * 16);
    editor.bytes.copyWithin(key(1), key(0), key(0) + 17);
    for (const index of [0, 1]) editor.u64(top, 16 + index * 16 + 8, BigInt(top));
  });
});
