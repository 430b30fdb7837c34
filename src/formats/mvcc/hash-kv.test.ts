import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32c, hasCode, memorySource, runToEnd, utf8 } from '../../base/index.ts';
import { buildDatabase } from '../../../test/support/build-database.ts';
import { hexRow, memoryStore, type Rows, rowsOf, tinyRows } from '../../../test/support/memory-store.ts';
import { MvccModel, type ModelRow } from '../../../test/support/mvcc-model.ts';
import { openDatabase } from '../bbolt/index.ts';
import { HashKvRows } from './hash-kv-rows.ts';
import { hashKv, newestHashesSteps } from './hash-kv.ts';
import { KeyTable } from './key-table.ts';
import { encodeCompactionMark } from './meta-records.ts';
import { RecordScanner } from './record-scanner.ts';
import { keyCountRule, snapshotHash, statusNumbers } from './snapshot-hash.ts';
import type { KeyValueStoreFile } from './store-file.ts';

const tiny = memoryStore(tinyRows);

/** The tiny store as a restore with these members leaves it. */
function restored(members: readonly [string, string][], index: string, extra: Partial<Rows> = {}): Rows {
  const text = (value: string) => utf8(value);
  return {
    ...tinyRows,
    members: members.map(([key, value]) => ({ key: text(key), value: text(value) })),
    meta: [
      { key: text('consistent_index'), value: hexRow('', index).value },
      { key: text('term'), value: hexRow('', '0000000000000001').value },
    ],
    ...extra,
  };
}

const single: [string, string][] = [
  ['8e9e05c52164694d', '{"id":10276657743932975437,"peerURLs":["http://localhost:2380"],"name":"default"}'],
];

test('HashKV of the tiny store equals what etcd 3.4 to 3.7 answer', () => {
  const expected = { 6: 206368358, 5: 2447747462, 4: 2673401265, 3: 2020292994, 0: 206368358 };
  for (const [revision, hash] of Object.entries(expected)) {
    assert.deepEqual(hashKv(tiny, { revision: BigInt(revision) }), {
      hash,
      hashRevision: revision === '0' ? 6n : BigInt(revision),
      compactRevision: -1n,
    });
  }
});

test('HashKV is the same through a database file', () => {
  const file = buildDatabase(Object.entries(tinyRows).map(([name, items]) => ({ name: utf8(name), items })));
  assert.equal(hashKv(openDatabase(memorySource(file))).hash, 206368358);
});

test('HashKV after a bump equals what etcd answers', () => {
  const mark = encodeCompactionMark(1006n);
  const base = restored(single, '0000000000000001');
  const bumped = memoryStore({
    ...base,
    key: [...tinyRows['key']!, { key: mark, value: new Uint8Array(0) }],
    meta: [...base['meta']!, { key: utf8('scheduledCompactRev'), value: mark }],
  });
  assert.deepEqual(hashKv(bumped), { hash: 2506353695, hashRevision: 1006n, compactRevision: 1006n });
  const status = statusNumbers(bumped);
  assert.deepEqual(
    [status.hash, status.revision, status.allRows, status.liveKeys],
    [999521038, 1006n, 12, 4],
  );
});

test('status numbers of the tiny store and of its restores', () => {
  assert.deepEqual(statusNumbers(tiny), {
    hash: 1664819504,
    revision: 6n,
    allRows: 9,
    liveKeys: 3,
    version: '',
  });
  assert.equal(snapshotHash(tiny), 1664819504);
  assert.equal(keyCountRule(tiny), 'all-rows');
  const one = statusNumbers(memoryStore(restored(single, '0000000000000001')));
  assert.deepEqual([one.hash, one.revision, one.allRows, one.liveKeys], [3874132915, 6n, 10, 3]);
  const three = memoryStore(
    restored(
      [
        ['a56a23127fc24b0', '{"id":744961120384328880,"peerURLs":["http://10.0.0.3:2380"],"name":"m3"}'],
        ['8b4ce8ed1a54f7e7', '{"id":10037653774548662247,"peerURLs":["http://10.0.0.1:2380"],"name":"m1"}'],
        ['b33a4c4806edab08', '{"id":12914718753675913992,"peerURLs":["http://10.0.0.2:2380"],"name":"m2"}'],
      ],
      '0000000000000003',
    ),
  );
  assert.deepEqual([statusNumbers(three).hash, statusNumbers(three).allRows], [527300181, 12]);
});

test('the status hash without and with only the meta bucket', () => {
  const { meta, ...rest } = tinyRows;
  assert.equal(snapshotHash(memoryStore(rest)), 0x429700ad);
  assert.equal(snapshotHash(memoryStore({ meta: meta! })), 0x8a254ed0);
  assert.deepEqual(statusNumbers(memoryStore({})), {
    hash: 0,
    revision: 0n,
    allRows: 0,
    liveKeys: 0,
    version: '',
  });
});

test('a storage version selects the newer rule', () => {
  const meta = [...tinyRows['meta']!, { key: utf8('storageVersion'), value: utf8('3.6.0') }];
  const store = memoryStore({ ...tinyRows, meta });
  assert.equal(keyCountRule(store), 'live-keys');
  assert.equal(statusNumbers(store).version, '3.6.0');
  const broken = [...tinyRows['meta']!, { key: utf8('storageVersion'), value: utf8('new') }];
  assert.equal(statusNumbers(memoryStore({ ...tinyRows, meta: broken })).version, '');
});

test('revisions out of range are refused with the texts of etcd', () => {
  const model = new MvccModel();
  for (const value of ['1', '2', '3', '4']) model.apply([{ key: 'k', value }]);
  model.compact(4n, true);
  const store = memoryStore(model.store());
  assert.throws(
    () => hashKv(store, { revision: 3n }),
    (error: Error) =>
      hasCode(error, 'REVISION_COMPACTED') && error.message === 'mvcc: required revision has been compacted',
  );
  assert.throws(
    () => hashKv(store, { revision: 6n }),
    (error: Error) =>
      hasCode(error, 'REVISION_FUTURE') && error.message === 'mvcc: required revision is a future revision',
  );
  assert.throws(
    () => hashKv(store, { revision: -1n }),
    (error) => hasCode(error, 'USAGE'),
  );
  assert.deepEqual([hashKv(store, { revision: 4n }).hashRevision, hashKv(store).hashRevision], [4n, 5n]);
});

test('rows that do not decode are refused', () => {
  const rows = rowsOf(tiny);
  const cases = [hexRow('7a7a7a', '0a0161'), hexRow('00000000000000075f0000000000000000', '0a05')];
  for (const row of cases) {
    const key = [...tinyRows['key']!, row];
    const meta = [...rows['meta']!, { key: utf8('finishedCompactRev'), value: encodeCompactionMark(2n) }];
    assert.throws(
      () => hashKv(memoryStore({ ...tinyRows, key, meta })),
      (error) => hasCode(error, 'RECORD_INVALID'),
    );
  }
});

const change = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  value: fc.oneof({ weight: 2, arbitrary: fc.constantFrom('1', '22', '') }, fc.constant(undefined)),
});
const transaction = fc.uniqueArray(change, { selector: ({ key }) => key, minLength: 1, maxLength: 3 });
const history = fc.array(transaction, { minLength: 1, maxLength: 40 });

/** A revision between two bounds, both included. */
function between(low: bigint, high: bigint, share: number): bigint {
  return low + BigInt(Math.round(Number(high - low) * share));
}

function modelOf(
  transactions: readonly (readonly { key: string; value: string | undefined }[])[],
): MvccModel {
  const model = new MvccModel();
  for (const changes of transactions) model.apply(changes);
  return model;
}

/** The definition, step by step, over generations as etcd's index keeps them. */
function naiveHash(model: MvccModel, revision: bigint, compact: bigint): number {
  const keep = new Set<ModelRow>();
  for (const key of new Set(model.rows.map((row) => row.key))) {
    const generations: ModelRow[][] = [[]];
    for (const row of model.rows.filter((candidate) => candidate.key === key)) {
      generations.at(-1)!.push(row);
      if (row.tombstone) generations.push([]);
    }
    const index = generations.findIndex(
      (rows, i) => i === generations.length - 1 || (rows.at(-1)?.main ?? 0n) >= revision,
    );
    const newest = generations[index]!.findLast((row) => row.main <= revision);
    if (newest !== undefined && !newest.tombstone) keep.add(newest);
  }
  let crc = crc32c(utf8('key'));
  const entries = model.entries();
  model.rows.forEach((row, i) => {
    if (row.main > revision) return;
    if (row.main <= compact && keep.size > 0 && !keep.has(row)) return;
    if (row.main === compact && row.tombstone) return;
    crc = crc32c(entries[i]!.value, crc32c(entries[i]!.key, crc));
  });
  return crc;
}

test('HashKV equals the definition for random histories', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(history, share, share, (transactions, compactShare, revisionShare) => {
      const model = modelOf(transactions);
      const compact = between(-1n, model.current, compactShare);
      const revision = between(compact < 1n ? 1n : compact, model.current, revisionShare);
      const actual = hashKv(memoryStore(model.store()), { revision, compactRevision: compact });
      assert.equal(actual.hash, naiveHash(model, revision, compact));
    }),
    { numRuns: 1000 },
  );
});

/** HashKV by who has the rows and ids of the keys at hand. */
function hashOfRows(store: KeyValueStoreFile, { current, compact }: { current: bigint; compact: bigint }) {
  const hash = new HashKvRows({ current, compact });
  const keys = new KeyTable();
  const scanner = new RecordScanner();
  for (const { key, value } of store.bucket('key')!.entries()) {
    assert.equal(scanner.scan(value), undefined);
    const { keyStart, keyEnd } = scanner;
    hash.add({ key, value }, keyStart === keyEnd ? undefined : keys.intern(value, keyStart, keyEnd));
  }
  return hash.finish();
}

test('HashKV of rows that pass by equals the definition for random histories, and that of a bumped store', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(history, share, share, (transactions, compactShare, revisionShare) => {
      const model = modelOf(transactions);
      const compact = between(-1n, model.current, compactShare);
      const current = between(compact < 1n ? 1n : compact, model.current, revisionShare);
      const actual = hashOfRows(memoryStore(model.store()), { current, compact });
      assert.equal(actual, naiveHash(model, current, compact));
    }),
    { numRuns: 1000 },
  );
  const key = [...tinyRows['key']!, { key: encodeCompactionMark(1006n), value: new Uint8Array(0) }];
  const bumped = memoryStore({ ...tinyRows, key });
  assert.equal(hashOfRows(bumped, { current: 1006n, compact: 1006n }), 2506353695);
});

test('HashKV of uncompacted rows for a compact revision equals HashKV after that compaction', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(history, share, share, fc.boolean(), (transactions, compactShare, revisionShare, keeps) => {
      const model = modelOf(transactions);
      if (model.current < 2n) return;
      const before = memoryStore(model.store());
      const compact = between(1n, model.current, compactShare);
      const revision = between(compact, model.current, revisionShare);
      const foretold = hashKv(before, { revision, compactRevision: compact });
      model.compact(compact, keeps);
      const { hash, compactRevision } = hashKv(memoryStore(model.store()), { revision });
      // Nothing alive at R: etcd then skips nothing, before the compaction there are more rows to skip.
      if (model.rows.some((row) => row.main <= revision && !row.tombstone)) assert.equal(hash, foretold.hash);
      assert.equal(compactRevision, compact);
    }),
    { numRuns: 1000 },
  );
});

test('hashes for several compact revisions at once equal those one by one, and keys are counted with them', () => {
  const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(history, shares, (transactions, compactShares) => {
      const model = modelOf(transactions);
      const store = memoryStore(model.store());
      const compactRevisions = compactShares.map((share) => between(-1n, model.current, share));
      const { hashes, keyCount } = runToEnd(newestHashesSteps(store, compactRevisions));
      assert.deepEqual(
        hashes,
        compactRevisions.map((compactRevision) => hashKv(store, { compactRevision })),
      );
      const names = new Set(model.rows.map(({ key }) => key));
      assert.equal(keyCount, [...names].filter((name) => model.live(name) !== undefined).length);
    }),
    { numRuns: 300 },
  );
});
