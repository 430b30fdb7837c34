import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { compareBytes, hasCode, memorySource, operationContext, utf8 } from '../../base/index.ts';
import { openDatabase } from '../../formats/bbolt/index.ts';
import { encodeRevision, snapshotHash } from '../../formats/mvcc/index.ts';
import { openMemoryStorage } from '../../storage/index.ts';
import { Random } from '../../../test/support/random.ts';
import { testSeed } from '../../../test/support/test-seed.ts';
import { fetchDatabase } from '../fetch-database/index.ts';
import { createSlot, generateFileKey } from '../keys/index.ts';
import { initRepository, openRepository, putSlot, type Repository } from '../open/index.ts';
import { packName } from '../pack/index.ts';
import type { BackupRecord } from '../records/index.ts';
import { type DatabaseToStore, storeDatabase, type StoredDatabase } from './index.ts';

const ctx = operationContext();
const key = generateFileKey();

interface TestRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

function databaseOf(buckets: Readonly<Record<string, readonly TestRow[]>>): DatabaseToStore {
  const names = Object.keys(buckets).sort();
  return {
    buckets: () =>
      names.map((name) => ({
        name: utf8(name),
        sequence: BigInt(name.length),
        entries: (from?: Uint8Array) =>
          buckets[name]!.filter((row) => from === undefined || compareBytes(row.key, from) >= 0),
        get: () => undefined,
        last: () => buckets[name]!.at(-1),
      })),
  };
}

function asRecord(id: number, stored: StoredDatabase): BackupRecord {
  const hashes = { rows: stored.rowsSha256, snapshot: 0 };
  return {
    id: `20261122-101112-${String(id).padStart(8, '0')}`,
    recipe: stored.recipe,
    hashes,
    totals: { bytes: stored.bytes },
  } as BackupRecord;
}

async function newRepository(): Promise<Repository> {
  return initRepository(openMemoryStorage(), { lock: { kind: 'key-file', key } }, ctx);
}

const nothing: ReadonlySet<string> = new Set();
const options = { avoidedPacks: nothing, expectedBytes: 0, signal: ctx.signal };

async function fetchBytes(repository: Repository, record: BackupRecord): Promise<Uint8Array> {
  let bytes = new Uint8Array(0);
  const write = (piece: Uint8Array, offset: number) => {
    if (offset + piece.length > bytes.length) {
      const grown = new Uint8Array(offset + piece.length);
      grown.set(bytes);
      bytes = grown;
    }
    bytes.set(piece, offset);
  };
  const { sizeBytes } = await fetchDatabase(repository, record, { write, signal: ctx.signal });
  assert.equal(bytes.length, sizeBytes);
  return bytes;
}

function rowsOf(database: DatabaseToStore): unknown {
  return [...database.buckets()].map(({ name, sequence, ...bucket }) => [
    Buffer.from(name).toString(),
    sequence,
    [...bucket.entries()].map(({ key, value }) => [Buffer.from(key), Buffer.from(value)]),
  ]);
}

/** Rows of a life of updates and compactions. */
class Churn {
  readonly #random: Random;
  rows: TestRow[] = [];
  #revision = 1n;

  constructor(random: Random) {
    this.#random = random;
  }

  write(count: number): void {
    for (let left = count; left > 0; left--) {
      const subs = this.#random.int(1, 2);
      this.#revision++;
      for (let sub = 0; sub < subs; sub++) {
        const tombstone = this.#random.chance(0.1);
        const head = { main: this.#revision, sub: BigInt(sub), tombstone };
        const value = Buffer.alloc(this.#random.int(1, 6000), this.#random.bytes(8));
        this.rows.push({ key: encodeRevision(head), value });
      }
    }
  }

  compact(share: number): void {
    this.rows = this.rows.filter(() => !this.#random.chance(share));
  }

  database(): DatabaseToStore {
    return databaseOf({
      key: this.rows,
      lease: [],
      meta: [{ key: utf8('i'), value: utf8(`${this.#revision}`) }],
    });
  }
}

describe('backups of a database that changes', () => {
  test('every one of them is fetched with its rows, and costs about what changed', async (t) => {
    const churn = new Churn(new Random(testSeed(t)));
    const repository = await newRepository();
    churn.write(1500);
    const kept: { record: BackupRecord; rows: unknown }[] = [];
    let parent: BackupRecord | undefined;
    for (let hour = 0; hour < 14; hour++) {
      const database = churn.database();
      const stored = await storeDatabase(repository, database, { ...options, parent });
      parent = asRecord(hour, stored);
      kept.push({ record: parent, rows: rowsOf(database) });
      const dueLimit = 8 << 20;
      if (hour > 0)
        assert.ok(stored.stored.newBytes <= dueLimit + stored.bytes / 2, `${stored.stored.newBytes}`);
      churn.compact(hour % 4 === 3 ? 0.5 : 0.1);
      churn.write(120);
    }
    for (const { record, rows } of kept.filter((_, hour) => hour % 4 === 1 || hour === 13)) {
      const fetched = openDatabase(memorySource(await fetchBytes(repository, record)));
      assert.deepEqual(rowsOf(fetched), rows);
    }
  });

  test('the same again costs nothing; a rewound history is stored anew', async () => {
    const churn = new Churn(new Random(7));
    churn.write(400);
    const repository = await newRepository();
    const first = await storeDatabase(repository, churn.database(), options);
    const parent = asRecord(1, first);
    const again = await storeDatabase(repository, churn.database(), { ...options, parent });
    assert.deepEqual(
      [again.stored.newChunks, again.stored.uploadedBytes, again.sharedRows],
      [0, 0, churn.rows.length],
    );
    assert.deepEqual(again.recipe, first.recipe);
    // Without knowledge of the first one it cuts alike.
    const blind = await storeDatabase(repository, churn.database(), options);
    assert.equal(blind.stored.uploadedBytes, 0);
    const other = churn.rows.map(({ key, value }, at) => ({
      key,
      value: at < 300 ? value : Buffer.alloc(value.length, 1),
    }));
    const rewound = await storeDatabase(repository, databaseOf({ key: other }), { ...options, parent });
    assert.equal(rewound.sharedRows, 300);
    const bytes = await fetchBytes(repository, asRecord(2, rewound));
    assert.deepEqual(rowsOf(openDatabase(memorySource(bytes))), rowsOf(databaseOf({ key: other })));
  });

  test('what lies only in packs that will be deleted is stored again', async () => {
    const churn = new Churn(new Random(8));
    churn.write(200);
    const repository = await newRepository();
    const parent = asRecord(1, await storeDatabase(repository, churn.database(), options));
    const old = [...(await repository.index()).packs()].map(({ digest }) => digest);
    const avoidedPacks = new Set(old.map((digest) => Buffer.from(digest).toString('hex')));
    const second = await storeDatabase(repository, churn.database(), { ...options, avoidedPacks, parent });
    assert.equal(second.sharedRows, 0);
    for (const digest of old) await repository.storage.delete(packName(digest));
    const bytes = await fetchBytes(repository, asRecord(2, second));
    assert.deepEqual(rowsOf(openDatabase(memorySource(bytes))), rowsOf(churn.database()));
  });

  test('keys that are no revisions, rows larger than a chunk, no rows at all', async () => {
    const repository = await newRepository();
    const rows = [
      { key: utf8('a'), value: utf8('x') },
      { key: encodeRevision({ main: 2n ** 62n, sub: 1n, tombstone: true }), value: new Uint8Array(5 << 20) },
      { key: utf8('z'.repeat(18)), value: utf8('') },
    ].sort((a, b) => compareBytes(a.key, b.key));
    for (const database of [
      databaseOf({ key: rows, other: rows }),
      databaseOf({ key: [] }),
      databaseOf({}),
    ]) {
      const record = asRecord(1, await storeDatabase(repository, database, options));
      const again = await storeDatabase(repository, database, { ...options, parent: record });
      const bytes = await fetchBytes(repository, asRecord(2, again));
      assert.deepEqual(rowsOf(openDatabase(memorySource(bytes))), rowsOf(database));
    }
  });

  test('who may only write stores what others read, and cannot fetch', async () => {
    const owner = await newRepository();
    const nodeKey = generateFileKey();
    const createdAt = '2026-11-22T00:00:00Z';
    const lock = { kind: 'key-file', key: nodeKey } as const;
    await putSlot(
      owner.storage,
      await createSlot({ keys: owner.keys, lock, label: 'node', allows: [], createdAt }),
    );
    const node = await openRepository(owner.storage, { unlock: lock }, ctx);
    const churn = new Churn(new Random(9));
    churn.write(50);
    const first = asRecord(1, await storeDatabase(node, churn.database(), options));
    const second = asRecord(2, await storeDatabase(node, churn.database(), { ...options, parent: first }));
    await assert.rejects(fetchBytes(node, second), (error) => hasCode(error, 'REPOSITORY_KEY_INSUFFICIENT'));
    const bytes = await fetchBytes(owner, second).catch(() => undefined);
    // The owner's index was loaded before: it is loaded again when something is missing.
    assert.ok(bytes !== undefined);
  });
});

const samples = join(import.meta.dirname, '../../../testdata/bbolt');

for (const sample of ['compacted', 'synced-freelist'])
  test(`the fetched file has the hashes of the stored one: ${sample}`, async () => {
    const source = memorySource(await readFile(join(samples, sample, 'database.db')));
    const original = openDatabase(source);
    const repository = await newRepository();
    const stored = await storeDatabase(repository, original, options);
    const fetched = openDatabase(memorySource(await fetchBytes(repository, asRecord(1, stored))));
    assert.equal(snapshotHash(fetched), snapshotHash(original));
    assert.deepEqual(
      [...fetched.buckets()].map(({ sequence }) => sequence),
      [...original.buckets()].map(({ sequence }) => sequence),
    );
  });
