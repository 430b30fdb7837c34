import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildDatabase } from '../../../test/support/build-database.ts';
import { damageCases } from '../../../test/support/damage-cases.ts';
import { freelistDatabase } from '../../../test/support/freelist-damage.ts';
import { DatabaseEditor } from '../../../test/support/database-editor.ts';
import { greedyLeaves } from '../../../test/support/odd-databases.ts';
import { sampleDatabase } from '../../../test/support/sample-database.ts';
import { type Finding, memorySource } from '../../base/index.ts';
import { checkDatabase, openDatabase, type StructureFault } from './index.ts';

const fixture = (name: string) =>
  new Uint8Array(readFileSync(join(import.meta.dirname, '../../../testdata/bbolt', name, 'database.db')));

const show = ({ code, where }: Finding) => {
  const place = where?.['page'] ?? where?.['bucket'];
  return place === undefined ? code : `${code} @ ${place}`;
};

for (const { name, bytes, finds, warns = false } of damageCases()) {
  test(`found: ${name}`, () => {
    const findings = checkDatabase(memorySource(bytes));
    assert.deepEqual([...new Set(findings.map(show))], finds);
    for (const { severity } of findings) assert.equal(severity, warns ? 'warn' : 'fail');
  });
}

test('every fault is found somewhere above', () => {
  const all: Record<StructureFault, true> = {
    'file-too-short': true,
    'meta-invalid': true,
    'meta-disagree': true,
    'meta-txid': true,
    'page-out-of-range': true,
    'page-id': true,
    'page-type': true,
    'page-overflow': true,
    'page-elements': true,
    'page-twice': true,
    'page-free-but-used': true,
    'page-unreachable': true,
    'tree-too-deep': true,
    'branch-empty': true,
    'key-order': true,
    'key-out-of-bounds': true,
    'key-size': true,
    'bucket-header': true,
    freelist: true,
  };
  const seen = new Set(damageCases().flatMap(({ finds }) => finds.map((found) => found.split(' ')[0])));
  assert.deepEqual([...seen].sort(), Object.keys(all).sort());
});

test('a sound file of any shape has no finding', () => {
  const files: Record<string, Uint8Array> = {
    'stored freelist': freelistDatabase(),
    nested: fixture('nested'),
    compacted: fixture('compacted'),
    'no bucket': buildDatabase([]),
    'longer than its pages': Uint8Array.of(...sampleDatabase().bytes, ...new Uint8Array(5000).fill(1)),
  };
  for (const pageSize of [1024, 2048, 4096, 8192, 16384, 32768, 65536]) {
    files[`pages of ${pageSize}`] = sampleDatabase({ pageSize, changes: 2000 }).bytes;
  }
  for (const [name, bytes] of Object.entries(files)) {
    assert.deepEqual(checkDatabase(memorySource(bytes)), [], name);
  }
});

test('a file damaged everywhere is found so at once, with a bounded list', () => {
  const { bytes, pageSize, leaves } = sampleDatabase({ changes: 40_000 });
  const editor = new DatabaseEditor(bytes, pageSize);
  for (const leaf of leaves) editor.header(leaf, { id: 0n });
  const findings = checkDatabase(memorySource(editor.bytes));
  assert.ok(leaves.length > 2000);
  assert.equal(findings.length, 1000);
});

test('pages that all claim the rest of the file are read once', () => {
  // Eight megabytes that could be taken for 32 GB.
  const bytes = greedyLeaves(8000);
  const started = performance.now();
  const findings = checkDatabase(memorySource(bytes));
  assert.equal(findings.length, 1000);
  assert.ok(findings.every(({ code }) => code === 'page-twice'));
  assert.throws(() => [...openDatabase(memorySource(bytes)).bucket('key')!.entries()], {
    code: 'DATABASE_CORRUPT',
  });
  // 32 GB take longer on any machine.
  assert.ok(performance.now() - started < 20_000);
});
