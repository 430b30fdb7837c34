import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRows } from '../../../../test/kubernetes-object/sample-objects.ts';
import { buildDatabase } from '../../../../test/support/build-database.ts';
import { unpackSample } from '../../../../test/support/kubernetes-samples.ts';
import { tinyRows } from '../../../../test/support/memory-store.ts';
import { Random } from '../../../../test/support/random.ts';
import { tempDir } from '../../../../test/support/temp-dir.ts';
import { testSeed } from '../../../../test/support/test-seed.ts';
import {
  displayText,
  hasCode,
  isHoldfastError,
  operationContext,
  type OperationContext,
  utf8,
} from '../../../base/index.ts';
import { type ObjectSource, openObjectSource } from './index.ts';

const sample = 'shop-3.6';

test('keys, values, history and rows are those of the file, at every revision that it has', async () => {
  await using dir = await tempDir('source');
  const path = await unpackSample(sample, dir.path);
  const rows = await readRows(sample);
  for (const revision of [5308n, 5500n, 5690n, 0n]) {
    await using source = await openObjectSource({ source: path, revision }, operationContext());
    const live = new Map<string, { value: Uint8Array; modRevision: bigint; version: bigint }>();
    for (const row of rows) {
      // A tombstone says in its row key alone when it was: what follows it has a later revision.
      if (row.modRevision > source.revision) break;
      if (row.modRevision === 0n) live.delete(displayText(row.key));
      else live.set(displayText(row.key), row);
    }
    const found: string[] = [];
    for await (const { key, value } of source.entries()) {
      const name = displayText(key.key);
      const expected = live.get(name);
      // A deletion right behind the revision looks like one before it.
      if (expected === undefined) continue;
      found.push(name);
      assert.deepEqual(Buffer.from(value), Buffer.from(expected.value), name);
      assert.deepEqual([key.modRevision, key.version], [expected.modRevision, expected.version], name);
      assert.equal((await source.find(key.key))?.modRevision, expected.modRevision);
    }
    assert.deepEqual(
      found,
      found.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    assert.equal(found.length, live.size);
  }
});

test('the history of a key that was deleted and came back, and the newest keys', async () => {
  await using dir = await tempDir('source');
  const path = await unpackSample(sample, dir.path);
  await using source = await openObjectSource({ source: path }, operationContext());
  const history = await source.history(utf8('/registry/configmaps/shop/shortlived'));
  assert.deepEqual(
    history.map(({ deleted }) => deleted),
    [false, true, false, true],
  );
  assert.ok(history.every(({ value, deleted }) => (value === undefined) === deleted));
  assert.equal(await source.find(utf8('/registry/configmaps/shop/shortlived')), undefined);
  const newest = (await source.newest(5)).map(({ modRevision }) => modRevision);
  assert.equal(newest[0], 5708n);
  assert.deepEqual(
    newest,
    newest.toSorted((a, b) => (a < b ? 1 : -1)),
  );
  await assert.rejects(openObjectSource({ source: path, revision: 5709n }, operationContext()), (error) =>
    hasCode(error, 'REVISION_FUTURE'),
  );
});

test('whatever byte of the index beside a file is wrong, it is passed over', async (t) => {
  await using dir = await tempDir('source');
  const path = await unpackSample(sample, dir.path);
  await using written = await openObjectSource({ source: path, writeIndex: true }, operationContext());
  const index = `${path}.holdfast-index`;
  const sound = await readFile(index);
  const random = new Random(testSeed(t));
  const warnings: string[] = [];
  const log = { debug() {}, info() {}, warn: (message: string) => warnings.push(message) };
  for (let round = 0; round < 20; round++) {
    const bytes = Buffer.from(sound);
    const place = random.int(0, bytes.length - 1);
    bytes[place] = bytes[place]! ^ (1 << random.int(0, 7));
    await writeFile(index, random.chance(0.2) ? bytes.subarray(0, place) : bytes);
    await using source = await openObjectSource({ source: path }, operationContext({ log }));
    assert.equal(source.revision, written.revision);
    let keys = 0;
    for await (const { value } of source.entries()) keys += value.length > 0 ? 1 : 0;
    assert.ok(keys > 2000);
  }
  assert.ok(warnings.length > 0);
});

test('an index is that of the file that it was made of, and of several runs that keep one each goes on', async () => {
  await using dir = await tempDir('source');
  const path = await unpackSample(sample, dir.path);
  const open = { source: path, writeIndex: true };
  const sources = await Promise.all([1, 2, 3].map(() => openObjectSource(open, operationContext())));
  const [whole] = await Promise.all(sources.map((source) => countKeys(source)));
  for (const source of sources) await source[Symbol.asyncDispose]();
  await rm(`${path}.holdfast-index`);
  const rows = tinyRows['key']!;
  const events: OperationContext['events'] = ({ type }) => {
    // As a file that is saved anew in its place is replaced.
    if (type === 'phase-finished') writeFileSync(path, buildDatabase([{ name: utf8('key'), items: rows }]));
  };
  // What it reads afterwards is no longer there.
  await assert.rejects(openObjectSource(open, operationContext({ events })), (error) =>
    hasCode(error, 'DATABASE_CORRUPT'),
  );
  await using source = await openObjectSource({ source: path }, operationContext());
  assert.ok((await countKeys(source)) < whole!);
});

async function countKeys(source: ObjectSource): Promise<number> {
  let keys = 0;
  for await (const { value } of source.entries()) keys += value.length > 0 ? 1 : 0;
  return keys;
}

test('a damaged file ends in a typed error, or is read', async (t) => {
  await using dir = await tempDir('source');
  const path = await unpackSample(sample, dir.path);
  const sound = await readFile(path);
  const random = new Random(testSeed(t));
  for (let round = 0; round < 15; round++) {
    const bytes = Buffer.from(sound);
    for (let i = 0; i < 40; i++) bytes[random.int(8192, bytes.length - 1)] = random.int(0, 255);
    const damaged = join(dir.path, 'damaged.db');
    await writeFile(damaged, bytes);
    try {
      await using source = await openObjectSource({ source: damaged }, operationContext());
      for await (const { value } of source.entries()) assert.ok(value.length >= 0);
    } catch (error) {
      assert.ok(isHoldfastError(error) && error.code !== 'DEFECT', String(error));
    }
  }
});
