/** Our structure check beside `bbolt check`: what it complains about, or falls over, we complain about too. */
import assert from 'node:assert/strict';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { memorySource, openFileSource, utf8 } from '../../src/base/index.ts';
import { checkDatabase, openDatabase, planPatch } from '../../src/formats/bbolt/index.ts';
import { buildDatabase } from '../support/build-database.ts';
import { damageCases } from '../support/damage-cases.ts';
import { DatabaseEditor } from '../support/database-editor.ts';
import { freelistDatabase } from '../support/freelist-damage.ts';
import { mutateDatabase } from '../support/mutate-database.ts';
import { Random } from '../support/random.ts';
import { runCommand } from '../support/run-command.ts';
import { sampleDatabase } from '../support/sample-database.ts';
import { testSeed } from '../support/test-seed.ts';
import { tempDir } from '../support/temp-dir.ts';
import { type PeerLine, requirePeer } from './index.ts';

const lines = ['3.6', '3.7'] as const satisfies readonly PeerLine[];

async function bboltOf(t: TestContext, line: PeerLine): Promise<string | undefined> {
  const found = await requirePeer(t, line);
  return found?.bbolt;
}

/**
 * What `bbolt check` says, or undefined when it finds the file sound. A tool that never ends complains as well: after
 * three seconds of processor time, for by the clock a busy machine may take that long over any file.
 */
async function complaint(bbolt: string, path: string): Promise<string | undefined> {
  const words = ['-c', 'ulimit -t 3; exec "$@"', 'sh', bbolt, 'check', path];
  try {
    const { exitCode, stdout, stderr } = await runCommand('/bin/sh', words, { timeoutMs: 300_000 });
    return exitCode === 0 ? undefined : `${stdout}${stderr}`.slice(0, 500);
  } catch (error) {
    return String(error);
  }
}

const ours = (bytes: Uint8Array) => checkDatabase(memorySource(bytes));

for (const line of lines) {
  test(`bbolt of ${line}: what it finds in a damaged file, we find`, async (t) => {
    const bbolt = await bboltOf(t, line);
    if (bbolt === undefined) return;
    await using dir = await tempDir('bbolt-check');
    const path = join(dir.path, 'damaged.db');
    const onlyOurs: string[] = [];
    for (const { name, bytes, endless = false } of damageCases()) {
      if (endless) continue;
      await writeFile(path, bytes);
      const theirs = await complaint(bbolt, path);
      if (theirs === undefined) onlyOurs.push(name);
      assert.ok(ours(bytes).length > 0, name);
    }
    t.diagnostic(`${onlyOurs.length} damages that bbolt check does not see`);
    assert.ok(onlyOurs.includes('a value that is shorter'), 'we look further');
    assert.ok(!onlyOurs.includes('a leaf with two parents'), 'the tool really looks');
  });

  test(`bbolt of ${line}: what it finds in randomly damaged files, we find`, async (t) => {
    const bbolt = await bboltOf(t, line);
    if (bbolt === undefined) return;
    const seed = testSeed(t);
    await using dir = await tempDir('bbolt-check');
    const path = join(dir.path, 'damaged.db');
    const files = [sampleDatabase().bytes, freelistDatabase()];
    let complaints = 0;
    for (let index = 0; index < (process.env['HOLDFAST_SOAK'] === '1' ? 3000 : 400); index++) {
      const { bytes, steps } = mutateDatabase(files[index % 2]!, 1024, new Random(seed + index));
      // For a page count beyond the file the tool counts pages until memory ends.
      if (steps.some((step) => step.startsWith('pageCount'))) continue;
      await writeFile(path, bytes);
      const theirs = await complaint(bbolt, path);
      if (theirs === undefined) continue;
      complaints++;
      assert.ok(ours(bytes).length > 0, `seed ${seed + index}: ${steps.join('; ')}: ${theirs}`);
    }
    assert.ok(complaints > 30, `${complaints} complaints`);
  });

  test(`bbolt of ${line} finds the files sound that we build and patch`, async (t) => {
    const bbolt = await bboltOf(t, line);
    if (bbolt === undefined) return;
    await using dir = await tempDir('bbolt-check');
    const path = join(dir.path, 'sound.db');
    const sound = async (name: string, bytes: Uint8Array) => {
      await writeFile(path, bytes);
      assert.equal(await complaint(bbolt, path), undefined, name);
      assert.deepEqual(ours(bytes), [], name);
    };
    await sound('no bucket', buildDatabase([]));
    await sound('long keys', longKeys());
    for (const pageSize of [1024, 2048, 4096, 8192, 16384, 32768, 65536]) {
      const { bytes } = sampleDatabase({ pageSize, changes: 1500 });
      await sound(`pages of ${pageSize}`, bytes);
      await sound(`pages of ${pageSize}, patched`, patched(bytes));
    }
    await sound('a stored freelist, patched', patched(freelistDatabase()));
  });

  test(`bbolt of ${line} and a freelist of more than 65534 pages`, async (t) => {
    const bbolt = await bboltOf(t, line);
    if (bbolt === undefined) return;
    await using dir = await tempDir('bbolt-check');
    const path = join(dir.path, 'long-freelist.db');
    const freePages = 70_000;
    for (const missing of [0, 1]) {
      await writeLongFreelist(path, freePages, missing);
      using file = openFileSource(path);
      const codes = checkDatabase(file).map(({ code, where }) => `${code} @ ${where?.['page'] ?? ''}`);
      const theirs = await complaint(bbolt, path);
      assert.deepEqual(codes, missing === 0 ? [] : [`page-unreachable @ ${3 + freePages - 1}`]);
      if (missing === 0) assert.equal(theirs, undefined);
      else assert.match(theirs ?? '', new RegExp(`page ${3 + freePages - 1}: unreachable unfreed`));
    }
  });
}

function patched(bytes: Uint8Array): Uint8Array {
  const long = { key: utf8('long'), value: new Uint8Array(100_000).fill(1) };
  const plan = planPatch(openDatabase(memorySource(bytes)), [
    { bucket: utf8('key'), put: [long, { key: utf8('a'), value: utf8('b') }] },
    {
      bucket: utf8('new'),
      put: Array.from({ length: 300 }, (_, i) => ({ key: utf8(`row ${i}`), value: utf8('v') })),
    },
  ]);
  const result = new Uint8Array(Math.max(bytes.length, plan.sizeBytes));
  result.set(bytes);
  for (const { bytes: page, offset } of [...plan.pages, plan.meta]) result.set(page, offset);
  return result;
}

function longKeys(): Uint8Array {
  const items = Array.from({ length: 40 }, (_, i) => ({
    key: new Uint8Array(i % 3 === 0 ? 30_000 : 700).fill(i + 1),
    value: utf8(`${i}`),
  }));
  return buildDatabase([{ name: utf8('key'), items }], 1024);
}

/** Metas, an empty root leaf on page 2, free pages (a hole in the file), and behind them their list. */
async function writeLongFreelist(path: string, freePages: number, missing: number): Promise<void> {
  const listed = freePages - missing;
  const list = 3 + freePages;
  const listPages = Math.ceil((16 + 8 + listed * 8) / 1024);
  const head = new DatabaseEditor(buildDatabase([], 1024), 1024);
  head.meta({ root: 2n, freelist: BigInt(list), pageCount: BigInt(list + listPages) });
  const tail = new DatabaseEditor(new Uint8Array(listPages * 1024), 1024);
  tail.header(0, { id: BigInt(list), flags: 0x10, count: 0xffff, overflow: listPages - 1 });
  tail.u64(0, 16, BigInt(listed));
  for (let index = 0; index < listed; index++) tail.u64(0, 24 + index * 8, BigInt(3 + index));
  const file = await open(path, 'w');
  try {
    await file.write(head.bytes, 0, head.bytes.length, 0);
    await file.write(tail.bytes, 0, tail.bytes.length, list * 1024);
  } finally {
    await file.close();
  }
}
