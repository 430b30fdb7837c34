import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runToEnd, utf8 } from '../../base/index.ts';
import {
  encodeCompactionMark,
  encodeKeyValue,
  encodeRevision,
  encodeTombstone,
  type KeyValue,
  type StoreEntry,
} from '../../formats/mvcc/index.ts';
import { memoryStore, tinyRows } from '../../../test/support/memory-store.ts';
import { MvccModel } from '../../../test/support/mvcc-model.ts';
import { checkHistory } from './history-check.ts';

type Severity = 'ok' | 'warn' | 'fail';

interface Marks {
  readonly scheduled?: bigint;
  readonly finished?: bigint;
}

function storeOf(key: readonly StoreEntry[], { scheduled, finished }: Marks = {}) {
  const meta = [
    ...(scheduled === undefined ? [] : [{ name: 'scheduledCompactRev', main: scheduled }]),
    ...(finished === undefined ? [] : [{ name: 'finishedCompactRev', main: finished }]),
  ].map(({ name, main }) => ({ key: utf8(name), value: encodeCompactionMark(main) }));
  return memoryStore({ key, meta });
}

/** Findings of all three checks as `severity code`. */
function findings(key: readonly StoreEntry[], marks?: Marks): string[] {
  const { revisions, records, compaction } = runToEnd(checkHistory(storeOf(key, marks)));
  return [revisions, records, compaction].flatMap((check) =>
    check.findings.map(({ severity, code }) => `${severity} ${code}`),
  );
}

/** A row of a put: `key` at main.sub with the given create revision and version. */
function put(
  main: bigint,
  sub: bigint,
  key: string,
  create: bigint,
  version: bigint,
  more: Partial<KeyValue> = {},
): StoreEntry {
  const record = {
    key: utf8(key),
    createRevision: create,
    modRevision: main,
    version,
    value: utf8('v'),
    lease: 0n,
    ...more,
  };
  return { key: encodeRevision({ main, sub, tombstone: false }), value: encodeKeyValue(record) };
}

function tombstone(main: bigint, sub: bigint, key: string): StoreEntry {
  return { key: encodeRevision({ main, sub, tombstone: true }), value: encodeTombstone(utf8(key)) };
}

test('a sound history has no findings', () => {
  assert.deepEqual(findings(tinyRows['key']!), []);
  assert.deepEqual(findings([]), []);
  const again = [
    put(2n, 0n, 'a', 2n, 1n),
    tombstone(3n, 0n, 'a'),
    put(4n, 0n, 'a', 4n, 1n),
    put(5n, 0n, 'a', 4n, 2n),
  ];
  assert.deepEqual(findings(again), []);
});

test('facts for the summary', () => {
  const { revisions, records, compaction } = runToEnd(checkHistory(memoryStore(tinyRows)));
  assert.deepEqual(
    [revisions.summary, records.summary, compaction.summary],
    ['6 rows, revisions 2 to 6', '4 keys, 3 alive', 'never compacted'],
  );
  assert.equal(runToEnd(checkHistory(memoryStore({}))).revisions.summary, '0 rows');
});

const first = put(2n, 0n, 'a', 2n, 1n);
const broken: Record<string, readonly [string, readonly StoreEntry[], Marks?]> = {
  'a row key of a wrong length': ['fail revision-key', [first, { key: utf8('zzz'), value: utf8('') }]],
  'a row key without its separator': [
    'fail revision-key',
    [
      first,
      { key: encodeRevision({ main: 3n, sub: 0n, tombstone: false }).fill(0x60, 8, 9), value: utf8('') },
    ],
  ],
  'revision 0': ['fail revision-zero', [tombstone(0n, 0n, 'a')], { scheduled: 1n }],
  'a put and a deletion at once': ['fail revision-twice', [first, tombstone(2n, 0n, 'a')]],
  'a missing revision': ['fail revision-gap', [first, put(4n, 0n, 'b', 4n, 1n)]],
  'a missing first revision': ['fail revision-gap', [put(3n, 0n, 'b', 3n, 1n)]],
  'a missing revision after a compaction': [
    'fail revision-gap',
    [first, put(6n, 0n, 'b', 6n, 1n)],
    { finished: 4n, scheduled: 4n },
  ],
  'a missing change inside a transaction': ['fail sub-gap', [first, put(2n, 2n, 'b', 2n, 1n)]],
  'a missing first change of a transaction': ['fail sub-gap', [first, put(3n, 1n, 'b', 3n, 1n)]],
  'a record cut off': ['fail record-undecodable', [{ key: first.key, value: first.value.subarray(0, -1) }]],
  'an empty record above any compaction': ['fail key-empty', [{ key: first.key, value: utf8('') }]],
  'a record without a key': ['fail key-empty', [put(2n, 0n, '', 2n, 1n)]],
  'a record of another revision': ['fail mod-revision', [put(2n, 0n, 'a', 1n, 1n, { modRevision: 1n })]],
  'no create revision': ['fail create-revision', [put(2n, 0n, 'a', 0n, 1n)]],
  'created after it was changed': ['fail create-revision', [put(2n, 0n, 'a', 3n, 1n)]],
  'version 0': ['fail version-range', [put(2n, 0n, 'a', 2n, 0n)]],
  'a negative version': ['fail version-range', [put(2n, 0n, 'a', 2n, -1n)]],
  'version 1 of an older creation': ['fail version-create', [first, put(3n, 0n, 'a', 2n, 1n)]],
  'version 2 of a creation': ['fail version-create', [first, put(3n, 0n, 'a', 3n, 2n)]],
  'a first row that is no creation': ['fail history-missing', [first, put(3n, 0n, 'b', 2n, 2n)]],
  'a version that goes on after a deletion': [
    'fail version-after-delete',
    [first, tombstone(3n, 0n, 'a'), put(4n, 0n, 'a', 2n, 2n)],
  ],
  'created while it exists': ['fail tombstone-missing', [first, put(3n, 0n, 'a', 3n, 1n)]],
  'a create revision that changes': [
    'fail create-changed',
    [put(2n, 0n, 'b', 2n, 1n), put(3n, 0n, 'a', 3n, 1n), put(4n, 0n, 'a', 2n, 2n)],
  ],
  'a version left out': ['fail version-step', [first, put(3n, 0n, 'a', 2n, 3n)]],
  'a version that stays': ['fail version-step', [first, put(3n, 0n, 'a', 2n, 2n), put(4n, 0n, 'a', 2n, 2n)]],
  'a version that goes down where rows are compacted': [
    'fail version-step',
    [put(3n, 0n, 'a', 2n, 5n), put(4n, 0n, 'a', 2n, 4n)],
    { scheduled: 4n },
  ],
  'a create revision that goes down where rows are compacted': [
    'fail create-changed',
    [put(4n, 0n, 'a', 3n, 2n), put(5n, 0n, 'a', 2n, 3n)],
    { scheduled: 5n },
  ],
  'a tombstone with a value': [
    'fail tombstone-fields',
    [first, { key: encodeRevision({ main: 3n, sub: 0n, tombstone: true }), value: first.value }],
  ],
  'a tombstone of nothing': ['fail tombstone-alone', [first, tombstone(3n, 0n, 'b')]],
  'a second tombstone': ['fail tombstone-twice', [first, tombstone(3n, 0n, 'a'), tombstone(4n, 0n, 'a')]],
  'an older row below the compaction': [
    'warn compaction-leftover',
    [first, put(3n, 0n, 'a', 2n, 2n)],
    { scheduled: 3n, finished: 3n },
  ],
  'a tombstone below the compaction': [
    'warn compaction-leftover',
    [tombstone(3n, 0n, 'a')],
    { scheduled: 4n, finished: 4n },
  ],
  'marks the wrong way round': ['fail compaction-marks', [first], { scheduled: 2n, finished: 3n }],
  'a compaction under way': ['warn compaction-interrupted', [first], { scheduled: 2n }],
};

for (const [name, [expected, rows, marks]] of Object.entries(broken)) {
  test(`found: ${name}`, () => {
    const found = findings(rows, marks).filter((finding) => finding !== 'warn compaction-interrupted');
    if (expected === 'warn compaction-interrupted') assert.deepEqual(findings(rows, marks), [expected]);
    else assert.deepEqual([...new Set(found)], [expected]);
  });
}

test('the mark of a raised revision is a note, not a fault', () => {
  const mark = { key: encodeRevision({ main: 1002n, sub: 0n, tombstone: false }), value: utf8('') };
  assert.deepEqual(findings([first, mark], { scheduled: 1002n }), [
    'ok revision-bump',
    'ok compaction-at-start',
  ]);
  const later = [first, mark, put(1003n, 0n, 'a', 2n, 2n)];
  assert.deepEqual(findings(later, { scheduled: 1002n, finished: 1002n }), ['ok revision-bump']);
});

test('a tombstone exactly at the compaction is sound: newer releases keep it', () => {
  assert.deepEqual(findings([first, tombstone(4n, 0n, 'b')], { scheduled: 4n, finished: 4n }), []);
});

test('damage in compaction marks is reported with the check of compaction', () => {
  const store = memoryStore({ key: [first], meta: [{ key: utf8('finishedCompactRev'), value: utf8('x') }] });
  const { compaction, revisions } = runToEnd(checkHistory(store));
  assert.deepEqual([compaction.status, revisions.status], ['fail', 'ok']);
  assert.equal(compaction.findings[0]?.code, 'record-invalid');
});

test('findings are capped and counted, and never show what is stored', () => {
  const rows = Array.from({ length: 50 }, (_, i) => put(BigInt(i + 2), 0n, 'secret-key', 1n, 7n));
  const { records } = runToEnd(checkHistory(storeOf(rows)));
  assert.deepEqual([records.findings.length, records.omittedFindings], [20, 30]);
  assert.match(records.summary, /\(and 49 more\)$/);
  const shown = JSON.stringify(records);
  assert.ok(!shown.includes('secret') && !shown.includes(Buffer.from('secret').toString('hex')));
  assert.equal(records.findings[0]?.where?.['row'], '00000000000000025f0000000000000000');
});

test('leases of living keys are counted through puts, moves and deletions', () => {
  const lease = (id: bigint) => ({ lease: id });
  const rows = [
    put(2n, 0n, 'a', 2n, 1n, lease(5n)),
    put(2n, 1n, 'b', 2n, 1n, lease(5n)),
    put(3n, 0n, 'b', 2n, 2n, lease(-7n)),
    put(4n, 0n, 'c', 4n, 1n, lease(9n)),
    tombstone(5n, 0n, 'c'),
    put(6n, 0n, 'd', 6n, 1n, lease(9n)),
    put(7n, 0n, 'd', 6n, 2n),
  ];
  const { histories, records } = runToEnd(checkHistory(storeOf(rows)));
  assert.equal(records.status, 'ok');
  const used = [...histories.usedLeases()].map(({ leaseKey, keys }) => [
    Buffer.from(leaseKey).toString('hex'),
    keys,
  ]);
  assert.deepEqual(used, [
    ['0000000000000005', 1],
    ['fffffffffffffff9', 1],
  ]);
});

const change = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd'),
  value: fc.oneof({ weight: 2, arbitrary: fc.constantFrom('1', '') }, fc.constant(undefined)),
});
const history = fc.array(fc.uniqueArray(change, { selector: ({ key }) => key, minLength: 1, maxLength: 3 }), {
  maxLength: 30,
});
const share = fc.double({ min: 0, max: 1, noNaN: true });

test('whatever a server may have written and compacted is sound', () => {
  fc.assert(
    fc.property(
      history,
      history,
      fc.array(share, { maxLength: 2 }),
      fc.boolean(),
      (before, after, shares, keeps) => {
        const model = new MvccModel();
        for (const changes of before) model.apply(changes);
        for (const part of shares.sort((a, b) => a - b)) {
          const main = 1n + BigInt(Math.floor(Number(model.current) * part));
          if (main <= model.current && main > (model.finished ?? 1n)) model.compact(main, keeps);
        }
        for (const changes of after) model.apply(changes);
        const { revisions, records, compaction, histories } = runToEnd(
          checkHistory(memoryStore(model.store())),
        );
        const statuses: Severity[] = [revisions.status, records.status, compaction.status];
        assert.deepEqual(statuses, ['ok', 'ok', 'ok'], JSON.stringify([revisions, records, compaction]));
        const alive = ['a', 'b', 'c', 'd'].filter((key) => model.live(key) !== undefined);
        assert.equal(histories.countLiveKeys(), alive.length);
      },
    ),
    { numRuns: 500 },
  );
});

test('a compaction that stopped after any number of rows is sound but for its warning', () => {
  fc.assert(
    fc.property(history, share, share, (transactions, at, stop) => {
      const model = new MvccModel();
      for (const changes of transactions) model.apply(changes);
      if (model.current < 2n) return;
      const main = 2n + BigInt(Math.floor(Number(model.current - 2n) * at));
      const all = model.entries();
      model.compact(main, true);
      const kept = new Set(model.entries().map(({ key }) => Buffer.from(key).toString('hex')));
      const removed = all.filter(({ key }) => !kept.has(Buffer.from(key).toString('hex')));
      // Rows are removed in order, in batches.
      const gone = new Set(removed.slice(0, Math.round(removed.length * stop)));
      const rows = all.filter((row) => !gone.has(row));
      assert.deepEqual(findings(rows, { scheduled: main }), ['warn compaction-interrupted']);
    }),
    { numRuns: 500 },
  );
});
