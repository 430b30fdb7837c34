import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import {
  decideRetention,
  formatPolicy,
  parseKeepWithin,
  policyReachMs,
  type RetentionFacts,
  type RetentionPolicy,
  type RetentionRecord,
} from './index.ts';
import { bucketNamer, isTimeZone } from './time-bucket.ts';

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.UTC(2026, 10, 1);

/** A sound backup; its id says when it was made. */
function backup(atMs: number, more: Partial<RetentionRecord> = {}): RetentionRecord {
  return {
    id: new Date(atMs).toISOString().slice(0, 16),
    cluster: 'a',
    createdAtMs: atMs,
    storedAtMs: atMs + 60_000,
    revision: BigInt(Math.floor(atMs / 1000)),
    seen: [],
    verification: 'none',
    ...more,
  };
}

const daily = (count: number, more: (index: number) => Partial<RetentionRecord> = () => ({})) =>
  Array.from({ length: count }, (_, index) => backup(start + index * day, more(index)));

function decide(
  records: readonly RetentionRecord[],
  policy: RetentionPolicy,
  facts: Partial<RetentionFacts> = {},
) {
  const nowMs = Math.max(start, ...records.map(({ storedAtMs }) => storedAtMs ?? 0)) + hour;
  const plan = decideRetention(records, policy, { nowMs, ...facts });
  const reasons = new Map(
    plan.decisions.map(({ id, reasons }) => [id, reasons.map(({ text }) => text).join('; ')]),
  );
  return {
    ...plan,
    kept: plan.decisions.flatMap(({ id, keep }) => (keep ? [id.slice(5, 10)] : [])).toSorted(),
    why: (record: RetentionRecord) => reasons.get(record.id)!,
    codes: plan.warnings.map(({ code }) => code),
  };
}

test('each decision says which rule it comes from', () => {
  const records = daily(10);
  const { kept, why } = decide(records, { last: 2, daily: 3, weekly: 2 });
  assert.deepEqual(kept, ['11-08', '11-09', '11-10'].toSorted());
  assert.equal(
    why(records[9]!),
    'among the newest (last 1 of 2); newest of 2026-11-10 (daily 1 of 3); newest of 2026-W46 (weekly 1 of 2)',
  );
  assert.equal(why(records[7]!), 'newest of 2026-11-08 (daily 3 of 3); newest of 2026-W45 (weekly 2 of 2)');
  assert.equal(
    why(records[6]!),
    '2 are newer (last 2); 2026-11-07 is past the 3 that are kept (daily); not the newest of 2026-W45 (weekly)',
  );
  assert.equal(
    formatPolicy({ last: 2, withinMs: 30 * day, min: 3 }),
    'keep-last 2, keep-within 30d, keep-min 3',
  );
});

test('an empty policy forgets nothing and says so, with a floor alone too', () => {
  for (const policy of [{}, { last: 0, withinMs: 0 }, { min: 1 }]) {
    const { decisions, why, codes } = decide(daily(3), policy);
    assert.ok(decisions.every(({ keep }) => keep));
    assert.equal(why(daily(1)[0]!), 'no policy is given: nothing is forgotten');
    assert.ok(codes.includes('retention-empty'));
  }
});

test('the newest that passed a verification stays, however old it is', () => {
  const records = daily(400, (index) => ({ verification: index === 3 || index === 2 ? 'passed' : 'none' }));
  const { why, decisions } = decide(records, { last: 1 });
  assert.equal(decisions.filter(({ keep }) => keep).length, 2);
  assert.equal(why(records[3]!), 'the newest that passed a verification');
});

test('failed backups take no place, and stay until a newer one passes', () => {
  const failing = daily(8, (index) => ({ verification: index < 4 ? 'none' : 'failed' }));
  const { kept, why, codes } = decide(failing, { last: 2 });
  assert.deepEqual(kept, ['11-03', '11-04', '11-05', '11-06', '11-07', '11-08']);
  assert.equal(why(failing[7]!), 'failed its verification, but none newer has passed one');
  assert.deepEqual(codes, ['retention-none-verified']);
  const passed = [...failing, backup(start + 9 * day, { verification: 'passed' })];
  assert.deepEqual(decide(passed, { last: 2 }).kept, ['11-04', '11-10']);
  assert.match(
    decide(passed, { last: 2 }).why(failing[7]!),
    /^failed its verification, and 2026-11-10T00:00, /,
  );
});

test("another cluster's backups never count", () => {
  const own = daily(3);
  const foreign = Array.from({ length: 50 }, (_, index) =>
    backup(start + 5 * day + index * hour, { id: `foreign-${index}`, cluster: 'b' }),
  );
  const both = decide([...foreign, ...own], { last: 2 });
  assert.deepEqual(
    both.decisions.filter(({ cluster, keep }) => cluster === 'a' && keep).map(({ id }) => id),
    decide(own, { last: 2 }).decisions.flatMap(({ id, keep }) => (keep ? [id] : [])),
  );
});

test('a floor is filled from the newest, and the newest is always left', () => {
  const records = daily(6);
  assert.deepEqual(decide(records, { last: 1, min: 4 }).kept.length, 4);
  assert.match(decide(records, { last: 1, min: 4 }).why(records[2]!), /^needed to leave 4/);
  assert.equal(decide(records, { withinMs: hour }).kept.length, 3);
  assert.deepEqual(decide(records, { hourly: 1 }).kept, ['11-06']);
});

test('no clock ends a pin: past its end it is pointed out, and holds', () => {
  const until = start + 3 * day;
  const records = daily(6, (index) => (index === 0 ? { pin: { reason: 'audit', untilMs: until } } : {}));
  const early = decide(records.slice(0, 3), { last: 1 });
  assert.equal(early.why(records[0]!), 'pinned until 2026-11-04 00:00 UTC: audit');
  assert.ok(!early.codes.includes('retention-pin-ended'));
  // Whether time has passed, or the clocks of the host, of the store and of whoever forgets are years ahead together.
  const ahead = [4000, 4001, 4002].map((after) => backup(start + after * day));
  for (const [all, nowMs] of [
    [records, start + 6 * day],
    [[...records, ...ahead], start + 4003 * day],
  ] as const) {
    const { kept, why, codes, warnings } = decide(all, { last: 1 }, { nowMs });
    assert.ok(kept.includes('11-01'));
    assert.equal(
      why(records[0]!),
      'pinned until 2026-11-04 00:00 UTC, which has passed, and not unpinned: audit',
    );
    assert.ok(codes.includes('retention-pin-ended'));
    assert.match(warnings.map(({ message }) => message).join(), /1 backups of cluster a stay pinned past/);
  }
  const endless = daily(6, (index) => (index === 0 ? { pin: { reason: '' } } : {}));
  assert.equal(decide(endless, { last: 1 }).why(endless[0]!), 'pinned');
});

test('time that passes without backups forgets nothing, also by keep-within', () => {
  const records = daily(30);
  const policy = { withinMs: 10 * day, daily: 5 };
  const before = decide(records, policy).kept;
  assert.equal(before.length, 11);
  assert.deepEqual(decide(records, policy, { nowMs: start + 5000 * day }).kept, before);
  const back = [...records, backup(start + 200 * day)];
  const { kept, why } = decide(back, policy);
  // The pause of half a year counts as five days: five days of the old ones are left, and one more day by its place.
  assert.equal(kept.length, 7);
  assert.match(why(records[25]!), /within 10d before the newest, a pause of 171d counted as 5d \(within\)$/);
});

test('a backup from the future is kept and pushes no other out', () => {
  const records = daily(5);
  const future = backup(Date.UTC(2040, 0, 1), { revision: 1n });
  const facts = { nowMs: start + 5 * day };
  const { kept, why, codes } = decide([...records, future], { last: 2 }, facts);
  assert.deepEqual(kept, ['01-01', '11-04', '11-05']);
  assert.match(
    why(future),
    /^its time is doubtful: by its host's clock it was made at 2040-01-01 .* still to come$/,
  );
  assert.ok(codes.includes('retention-time-doubtful'));
  // A clock here that went back years makes all of them future: all are kept.
  assert.equal(decide(records, { last: 2 }, { nowMs: 0 }).kept.length, 5);
});

test("a host's clock that differs from the store's is doubted, within bounds it is not", () => {
  const at = start + 3 * day;
  const sayings: readonly (readonly [Partial<RetentionRecord>, RegExp | undefined])[] = [
    [{ storedAtMs: at - 59 * 60_000 }, undefined],
    [{ storedAtMs: at - 2 * hour }, /clock was 2h ahead of the store's$/],
    [{ storedAtMs: at + 23 * hour }, undefined],
    [{ storedAtMs: at + 400 * day }, /clock was 400d behind the store's, or the repository was copied/],
    [{ storedAtMs: at + 400 * day, copiedAtMs: at + 400 * day }, undefined],
    [{ storedAtMs: undefined }, undefined],
    [{ createdAtMs: Number.NaN }, /gives no time that exists$/],
    [{ createdAtMs: -1 }, /gives no time that exists$/],
  ];
  for (const [more, expected] of sayings) {
    const odd = backup(at, { id: 'odd', ...more });
    const { why } = decide([...daily(3), odd], { last: 1 }, { nowMs: at + 500 * day });
    if (expected === undefined) assert.doesNotMatch(why(odd), /doubtful/, JSON.stringify(more));
    else assert.match(why(odd), expected);
  }
  const copied = daily(5, () => ({ storedAtMs: start + 900 * day }));
  assert.equal(decide(copied, { last: 2 }).kept.length, 5);
  assert.equal(decide(copied, { last: 2 }, { ignoreStoreTimes: true }).kept.length, 2);
});

test('when both clocks went back, the order of the revisions shows it', () => {
  const records = daily(10);
  // Made after all the others, with host and store set back a week.
  const odd = backup(start + 3 * day + 5 * hour, { revision: BigInt(start / 1000 + 20 * 86_400) });
  const { kept, why } = decide([...records, odd], { last: 2 });
  assert.match(why(odd), /contradict their order: the first has revision \d+, the second \d+$/);
  // The days after it contradict it: all of them are kept, and the places go to those before.
  assert.deepEqual(kept.length, 1 + 6 + 2);
  const { why: named } = decide(
    [...records, { ...odd, revision: 0n, seen: [records[9]!.id] }].map((each) => ({ ...each, revision: 7n })),
    { last: 2 },
  );
  assert.match(named(odd), /the first was made when the second was there already$/);
});

test('revisions that a restore took back are no contradiction where the later ones know of the earlier', () => {
  const before = daily(5);
  const after = Array.from({ length: 5 }, (_, index) =>
    backup(start + (5 + index) * day, { revision: BigInt(index) }),
  ).map((record, index, all) => (index === 0 ? record : { ...record, parent: all[index - 1]!.id }));
  const known = after.map((record, index) =>
    index === 0 ? { ...record, seen: before.map(({ id }) => id) } : record,
  );
  assert.equal(decide([...before, ...known], { last: 2 }).kept.length, 2);
  assert.equal(decide([...before, ...after], { last: 2 }).kept.length, 10);
});

test('buckets are those of the zone, summer time and leap weeks included', () => {
  const berlin = bucketNamer('Europe/Berlin');
  const at = (text: string) => Date.parse(text);
  assert.equal(berlin('daily', at('2026-11-21T23:30Z')), '2026-11-22');
  assert.equal(bucketNamer(undefined)('daily', at('2026-11-21T23:30Z')), '2026-11-21');
  assert.equal(berlin('hourly', at('2026-10-25T00:30Z')), '2026-10-25 02:00 +02:00');
  assert.equal(berlin('hourly', at('2026-10-25T01:30Z')), '2026-10-25 02:00 +01:00');
  assert.equal(berlin('daily', at('2026-10-24T22:00Z')), berlin('daily', at('2026-10-25T22:59Z')));
  assert.equal(bucketNamer('Asia/Kolkata')('hourly', at('2026-11-22T10:45Z')), '2026-11-22 16:00 +05:30');
  assert.equal(bucketNamer('America/St_Johns')('hourly', at('2026-01-01T00:00Z')), '2025-12-31 20:00 -03:30');
  const utc = bucketNamer(undefined);
  assert.equal(utc('hourly', at('2026-11-22T10:45Z')), '2026-11-22 10:00 UTC');
  assert.equal(utc('weekly', at('2027-01-03T12:00Z')), '2026-W53');
  assert.equal(utc('weekly', at('2027-01-04T00:00Z')), '2027-W01');
  assert.equal(utc('weekly', at('2024-12-30T00:00Z')), '2025-W01');
  assert.equal(utc('monthly', at('2026-02-28T23:59Z')), '2026-02');
  assert.equal(utc('yearly', at('2026-02-28T23:59Z')), '2026');
  assert.ok(isTimeZone('UTC') && !isTimeZone('Europe/Nowhere') && !isTimeZone(''));
});

test('spans have units that mean one thing', () => {
  const known: readonly (readonly [string, number | undefined])[] = [
    ['30d', 30 * day],
    ['36h', 36 * hour],
    ['2w', 14 * day],
    ['6mo', 186 * day],
    ['1y6mo', 552 * day],
    ['6m', undefined],
    ['30', undefined],
    ['', undefined],
    ['0d', undefined],
    ['-1d', undefined],
    ['9999999d', undefined],
  ];
  for (const [text, value] of known) assert.equal(parseKeepWithin(text), value, text);
});

test('a policy that cannot be followed is refused', () => {
  for (const policy of [
    { last: -1 },
    { daily: 1.5 },
    { withinMs: Number.NaN },
    { timeZone: 'Mars' },
    { min: -1 },
  ])
    assert.throws(
      () => decide(daily(1), policy),
      (error) => hasCode(error, 'RETENTION_POLICY_INVALID'),
    );
});

test('a warning when backups are kept for longer than their certificates live', () => {
  const year = 365 * day;
  const certificates = [
    { cluster: 'a', name: 'ca.crt', notBeforeMs: start, notAfterMs: start + 10 * year },
    { cluster: 'a', name: 'apiserver.crt', notBeforeMs: start, notAfterMs: start + year },
    { cluster: 'gone', name: 'x', notBeforeMs: start, notAfterMs: start + 1 },
  ];
  const verified = daily(2, () => ({ verification: 'passed' }));
  const long = decide(verified, { yearly: 3 }, { certificates });
  assert.deepEqual(long.codes, ['retention-outlives-certificates']);
  assert.match(long.warnings[0]!.message, /for up to 3y, and apiserver.crt in them lives 365d: /);
  assert.deepEqual(decide(verified, { daily: 30, last: 1000 }, { certificates }).codes, []);
  assert.equal(policyReachMs({ last: 5 }), 0);
});
