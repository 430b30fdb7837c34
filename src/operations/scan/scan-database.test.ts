import assert from 'node:assert/strict';
import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildDatabase } from '../../../test/support/build-database.ts';
import { damageCases } from '../../../test/support/damage-cases.ts';
import { DatabaseEditor } from '../../../test/support/database-editor.ts';
import { fileOf, memoryDir } from '../../../test/support/file-in-memory.ts';
import { sampleDatabase } from '../../../test/support/sample-database.ts';
import {
  hasCode,
  memorySource,
  openFileSource,
  operationContext,
  type OperationEvent,
  utf8,
} from '../../base/index.ts';
import { checkDatabase, openDatabase, outlineDatabase } from '../../formats/bbolt/index.ts';
import { encodeKeyValue, encodeRevision, snapshotHash, statusNumbers } from '../../formats/mvcc/index.ts';
import { fastScan } from './fast-scan.ts';
import { scanDatabase } from './index.ts';

test('damage of every kind is found by the scan as by the check', async () => {
  await using dir = await memoryDir('scan');
  for (const { name, bytes, warns = false } of damageCases()) {
    using file = openFileSource(await fileOf(dir, bytes));
    const { findings, scan } = await scanDatabase(file, operationContext());
    assert.deepEqual(findings, checkDatabase(memorySource(bytes, file.name)), name);
    assert.equal(scan !== undefined, warns, name);
    // The meta pages are checked by themselves.
    const isBelow = findings.some(({ code }) => !code.startsWith('meta-') && !warns);
    if (isBelow) assert.equal(await fastScan(file, operationContext(), {}), undefined, name);
  }
});

test('nested buckets are scanned the plain way', async () => {
  const path = join(import.meta.dirname, '../../../testdata/bbolt/nested/database.db');
  using file = openFileSource(path);
  assert.equal(await fastScan(file, operationContext(), {}), undefined);
  const { findings, scan } = await scanDatabase(file, operationContext());
  assert.deepEqual(findings, []);
  assert.equal(scan?.hash, snapshotHash(openDatabase(memorySource(new Uint8Array(readFileSync(path))))));
});

/** A file of 3.6 with few rows for its size. */
function largeDatabase(rows: number): Uint8Array {
  const value = new Uint8Array(6000);
  const items = Array.from({ length: rows }, (_, index) => ({
    key: encodeRevision({ main: BigInt(index + 2), sub: 0n, tombstone: false }),
    value: encodeKeyValue({
      key: utf8(`/registry/key-${(index * 7919) % 3001}`),
      createRevision: 2n,
      modRevision: BigInt(index + 2),
      version: 1n,
      value: value.fill(index).subarray(index % 6000),
      lease: 0n,
    }),
  }));
  const version = { key: utf8('storageVersion'), value: utf8('3.6.0') };
  return buildDatabase([
    { name: utf8('key'), items },
    { name: utf8('meta'), items: [version] },
  ]);
}

test('threads of their own come to the same numbers, and see the same damage', async () => {
  await using dir = await memoryDir('scan');
  const bytes = largeDatabase(17_000);
  assert.ok(bytes.length > 49 << 20, 'a second thread is worth it');
  using file = openFileSource(await fileOf(dir, bytes));
  const { hash, liveKeys } = statusNumbers(openDatabase(memorySource(bytes)));
  for (const options of [{}, { threads: 3 }]) {
    const { scan } = await scanDatabase(file, operationContext(), options);
    assert.deepEqual([scan?.hash, scan?.totalKeys], [hash, liveKeys]);
  }
  const editor = new DatabaseEditor(bytes, 4096);
  const { leafIds, leafCount } = outlineDatabase(openDatabase(memorySource(bytes)));
  editor.header(leafIds[leafCount - 2]!, { id: 5n });
  using damaged = openFileSource(await fileOf(dir, editor.bytes, 'damaged.db'));
  const { findings, scan } = await scanDatabase(damaged, operationContext(), { threads: 2 });
  assert.equal(scan, undefined);
  assert.deepEqual(
    findings.map(({ code }) => code),
    ['page-id'],
  );
});

test('a row that is no record: an error where records are counted, a row where rows are', async () => {
  await using dir = await memoryDir('scan');
  const meta = { name: utf8('meta'), items: [{ key: utf8('storageVersion'), value: utf8('3.6.0') }] };
  const good = {
    key: Uint8Array.from({ length: 17 }, (_, i) => (i === 8 ? 0x5f : 0)),
    value: utf8('\n\u0001a'),
  };
  const badKeys = [utf8('zzz'), new Uint8Array(17).fill(1), new Uint8Array(18).fill(0x5f)];
  const bad = [
    ...badKeys.map((key) => ({ key, value: good.value })),
    { key: good.key, value: Uint8Array.of(10, 99) },
  ];
  const padding = (size: number) => ({
    name: utf8('a'),
    items: [{ key: utf8('k'), value: new Uint8Array(size) }],
  });
  for (const row of bad) {
    // In an inline bucket, and in one with leaves.
    for (const filler of [0, 3000]) {
      const long = { key: new Uint8Array(17), value: Uint8Array.of(42, 0xb8, 0x17, ...new Uint8Array(3000)) };
      long.key[8] = 0x5f;
      const rows = filler === 0 || row.key === good.key ? [row] : [long, row];
      const file = (newer: boolean) =>
        buildDatabase([padding(filler), { name: utf8('key'), items: rows }, ...(newer ? [meta] : [])]);
      using newer = openFileSource(await fileOf(dir, file(true), 'newer.db'));
      await assert.rejects(scanDatabase(newer, operationContext()), (error) =>
        hasCode(error, 'RECORD_INVALID'),
      );
      const rowsOnly = await scanDatabase(newer, operationContext(), { keyCountRule: 'all-rows' });
      assert.equal(rowsOnly.scan?.totalKeys, rows.length + 2);
      using older = openFileSource(await fileOf(dir, file(false), 'older.db'));
      assert.equal((await scanDatabase(older, operationContext())).scan?.totalKeys, rows.length + 1);
    }
  }
});

test('a file that shrinks while it is open, or cannot be read', async () => {
  await using dir = await memoryDir('scan');
  const { bytes, pageSize } = sampleDatabase();
  const path = await fileOf(dir, bytes);
  using file = openFileSource(path);
  truncateSync(path, 20 * pageSize);
  const { findings, scan } = await scanDatabase(file, operationContext());
  assert.equal(scan, undefined);
  assert.ok(findings.every(({ code }) => code === 'file-too-short'));
  file.close();
  await assert.rejects(scanDatabase(file, operationContext()), (error) =>
    hasCode(error, 'FILE_NOT_READABLE'),
  );
});

test('it can be stopped, and tells how far it is', async () => {
  await using dir = await memoryDir('scan');
  const bytes = largeDatabase(6000);
  using file = openFileSource(await fileOf(dir, bytes));
  const seen: OperationEvent[] = [];
  await scanDatabase(file, operationContext({ events: (event) => seen.push(event) }));
  assert.deepEqual(seen[0], { type: 'phase-started', phase: 'scan', totalBytes: bytes.length });
  assert.equal(seen.at(-1)?.type, 'phase-finished');
  const progress = seen.flatMap((event) => (event.type === 'phase-progress' ? [event.doneBytes] : []));
  assert.ok(
    progress.length > 0 &&
      progress.every((done, i) => done <= bytes.length && done >= (progress[i - 1] ?? 0)),
  );
  for (const at of ['phase-started', 'phase-progress'] as const) {
    const stop = new AbortController();
    const events = (event: OperationEvent) => {
      if (event.type === at) stop.abort();
    };
    const stopped = scanDatabase(file, operationContext({ signal: stop.signal, events }), { threads: 2 });
    await assert.rejects(stopped, (error) => hasCode(error, 'INTERRUPTED'));
  }
});
