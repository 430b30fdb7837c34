import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode, type OperationEvent, operationContext, utf8 } from '../../base/index.ts';
import {
  alarmTypes,
  encodeAlarmKey,
  encodeAuthEnabled,
  encodeConfState,
  encodeKeyValue,
  encodeLease,
  encodeLeaseKey,
  encodeMember,
  encodeMemberKey,
  encodeRevision,
  encodeRole,
  encodeUser,
  type MemberRecord,
  removedMemberValue,
  type StoreEntry,
} from '../../formats/mvcc/index.ts';
import { hexRow, type Rows, textRow, tinyRows } from '../../../test/support/memory-store.ts';
import { snapshotBytes, withDigest } from '../../../test/support/snapshot-file.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { checkNames, type CheckName, verifySnapshot, type VerifyResult } from './index.ts';

function member(id: bigint, more: Partial<MemberRecord> = {}): StoreEntry {
  const record = {
    id,
    peerUrls: [`http://10.0.0.${id}:2380`],
    isLearner: false,
    name: `m${id}`,
    clientUrls: [],
    ...more,
  };
  return { key: encodeMemberKey(id), value: encodeMember(record) };
}

function confState(voters: readonly bigint[], learners: readonly bigint[] = []): StoreEntry {
  const state = { voters, learners, votersOutgoing: [], learnersNext: [], autoLeave: false };
  return { key: utf8('confState'), value: encodeConfState(state) };
}

function lease(id: bigint, more: { id?: bigint; ttlSeconds?: bigint } = {}): StoreEntry {
  const record = { id, ttlSeconds: 60n, remainingTtlSeconds: 0n, ...more };
  return { key: encodeLeaseKey(id), value: encodeLease(record) };
}

function user(name: string, roles: readonly string[], row = name): StoreEntry {
  return { key: utf8(row), value: encodeUser({ name: utf8(name), password: utf8('$2a$10$hash'), roles }) };
}

function role(name: string, row = name): StoreEntry {
  return { key: utf8(row), value: encodeRole({ name: utf8(name), permissions: [] }) };
}

const on = { key: utf8('authEnabled'), value: encodeAuthEnabled(true) };

/** A store in which everything is in order: leases for leased keys, members, versions. */
const soundRows: Rows = {
  ...tinyRows,
  cluster: [
    textRow('clusterVersion', '3.6.0'),
    textRow('downgrade', '{"target-version":"","enabled":false}'),
  ],
  lease: [lease(0x1234n)],
  members: [member(1n), member(2n)],
  members_removed: [{ key: encodeMemberKey(9n), value: removedMemberValue }],
  meta: [...tinyRows['meta']!, textRow('storageVersion', '3.6.0'), confState([1n, 2n])],
};

function withRows(bucket: string, ...rows: readonly StoreEntry[]): Rows {
  return { ...soundRows, [bucket]: [...soundRows[bucket]!, ...rows] };
}

/** The store with the rows of the same keys replaced. */
function replaced(bucket: string, ...rows: readonly StoreEntry[]): Rows {
  const keys = new Set(rows.map(({ key }) => Buffer.from(key).toString('hex')));
  const others = soundRows[bucket]!.filter(({ key }) => !keys.has(Buffer.from(key).toString('hex')));
  return { ...soundRows, [bucket]: [...others, ...rows] };
}

function without(bucket: string): Rows {
  return Object.fromEntries(Object.entries(soundRows).filter(([name]) => name !== bucket));
}

async function verifyBytes(bytes: Uint8Array, skipDigest = false): Promise<VerifyResult> {
  await using dir = await tempDir('verify');
  const path = join(dir.path, 'snapshot.db');
  await writeFile(path, bytes);
  return await verifySnapshot({ path, skipDigest }, operationContext());
}

/** All findings of a report as `check severity code`. */
function findingsOf({ checks }: VerifyResult): string[] {
  return checks.flatMap(({ name, findings }) =>
    findings.map(({ severity, code }) => `${name} ${severity} ${code}`),
  );
}

function statusesOf({ checks }: VerifyResult): Record<CheckName, string> {
  return Object.fromEntries(checks.map(({ name, status }) => [name, status])) as Record<CheckName, string>;
}

test('a sound snapshot: every check is ok and says what it saw', async () => {
  const bytes = snapshotBytes(soundRows);
  const report = await verifyBytes(bytes);
  assert.deepEqual(findingsOf(report), []);
  assert.equal(report.ok, true);
  assert.equal(report.fileSha256, createHash('sha256').update(bytes).digest('hex'));
  assert.deepEqual(
    report.checks.map(({ name }) => name),
    checkNames,
  );
  const summaries = Object.fromEntries(report.checks.map(({ name, summary }) => [name, summary]));
  assert.match(summaries['digest']!, /^SHA-256 [0-9a-f]{64} matches$/);
  delete summaries['digest'];
  assert.deepEqual(summaries, {
    structure: '3 pages of 4096 bytes',
    schema: '10 buckets, consistent index 7, term 2',
    revisions: '6 rows, revisions 2 to 6',
    records: '4 keys, 3 alive',
    compaction: 'never compacted',
    leases: '1 lease, 1 key attached',
    auth: 'off, 0 users, 0 roles',
    alarms: 'none',
    members: '2 members',
    versions: 'storage 3.6.0, cluster 3.6.0',
  });
});

const meta = (key: string, value: string) => replaced('meta', textRow(key, value));

const damaged: Record<string, readonly [Rows, ...string[]]> = {
  // schema
  'no bucket key': [without('key'), 'schema fail bucket-missing'],
  'no bucket alarm': [without('alarm'), 'schema warn bucket-missing'],
  'a bucket from elsewhere': [{ ...soundRows, settings: [] }, 'schema warn bucket-unknown'],
  'a consistent index of 3 bytes': [meta('consistent_index', 'abc'), 'schema fail record-invalid'],
  'a term of 3 bytes': [meta('term', 'abc'), 'schema fail record-invalid'],
  'no consistent index': [
    { ...soundRows, meta: soundRows['meta']!.slice(1) },
    'schema warn consistent-index-missing',
  ],
  'no consistent index in a fresh store': [
    { ...soundRows, meta: soundRows['meta']!.slice(1), key: [] },
    'schema ok consistent-index-missing',
  ],
  'no term beside a storage version': [
    { ...soundRows, meta: soundRows['meta']!.filter(({ key }) => key.length !== 4) },
    'schema warn term-missing',
  ],
  'a conf state that is no JSON': [
    meta('confState', '{'),
    'schema fail record-invalid',
    'members fail record-invalid',
  ],
  'a compaction mark that is no revision': [
    meta('finishedCompactRev', '136'),
    'schema fail record-invalid',
    'compaction fail record-invalid',
  ],
  // leases
  'a lease that is gone': [{ ...soundRows, lease: [] }, 'leases warn lease-missing'],
  'a lease row of a wrong key': [withRows('lease', textRow('abc', '')), 'leases fail record-invalid'],
  'a lease that does not decode': [
    withRows('lease', hexRow('0000000000000001', '0a')),
    'leases fail record-invalid',
  ],
  'a lease of another id': [withRows('lease', lease(5n, { id: 6n })), 'leases fail lease-id'],
  'a lease without time': [withRows('lease', lease(5n, { ttlSeconds: 0n })), 'leases warn lease-ttl'],
  // auth
  'auth neither on nor off': [withRows('auth', textRow('authEnabled', 'yes')), 'auth fail record-invalid'],
  'an auth revision of 3 bytes': [
    withRows('auth', textRow('authRevision', 'abc')),
    'auth fail record-invalid',
  ],
  'auth on without root': [withRows('auth', on), 'auth ok auth-on', 'auth warn root-missing'],
  'auth on': [
    { ...soundRows, auth: [on], authUsers: [user('root', ['root'])], authRoles: [role('root')] },
    'auth ok auth-on',
  ],
  'a user of another name': [withRows('authUsers', user('a', [], 'b')), 'auth fail user-name'],
  'a user with a role that is gone': [withRows('authUsers', user('a', ['r'])), 'auth warn role-missing'],
  'a user that does not decode': [withRows('authUsers', hexRow('61', '0a')), 'auth fail record-invalid'],
  'a role of another name': [withRows('authRoles', role('a', 'b')), 'auth fail role-name'],
  'a role that does not decode': [withRows('authRoles', hexRow('61', '0a')), 'auth fail record-invalid'],
  // alarms
  NOSPACE: [
    withRows('alarm', { key: encodeAlarmKey({ memberId: 1n, alarm: alarmTypes.noSpace }), value: utf8('') }),
    'alarms warn alarm-nospace',
  ],
  CORRUPT: [
    withRows('alarm', { key: encodeAlarmKey({ memberId: 1n, alarm: alarmTypes.corrupt }), value: utf8('') }),
    'alarms warn alarm-corrupt',
  ],
  'an alarm from the future': [
    withRows('alarm', { key: encodeAlarmKey({ memberId: 1n, alarm: 7 }), value: utf8('') }),
    'alarms warn alarm-unknown',
  ],
  'an alarm that does not decode': [withRows('alarm', hexRow('0a', '')), 'alarms fail record-invalid'],
  // members
  'a member row of a wrong key': [withRows('members', textRow('xyz', '{}')), 'members fail record-invalid'],
  'a member that is no JSON': [withRows('members', textRow('3', '{')), 'members fail record-invalid'],
  'a member of another id': [
    replaced('members', { ...member(1n), key: encodeMemberKey(2n) }),
    'members fail member-id',
  ],
  'a member that is listed and removed': [
    withRows('members_removed', { key: encodeMemberKey(2n), value: removedMemberValue }),
    'members warn member-removed-but-listed',
  ],
  'a removed member with another mark': [
    withRows('members_removed', { key: encodeMemberKey(8n), value: utf8('gone') }),
    'members warn member-removed-value',
  ],
  'a removed member of a wrong key': [
    withRows('members_removed', textRow('xyz', '')),
    'members fail record-invalid',
  ],
  'a member that never started': [
    replaced('members', member(2n, { name: '' })),
    'members warn member-never-started',
  ],
  'a member without name in a file of 3.5': [
    {
      ...replaced('members', member(2n, { name: '' })),
      meta: [...tinyRows['meta']!, confState([1n, 2n])],
      cluster: [textRow('clusterVersion', '3.5.0')],
    },
    'members ok member-without-name',
  ],
  'a member without URL': [
    replaced('members', member(2n, { peerUrls: [] })),
    'members warn member-without-url',
  ],
  'two members of one name': [
    replaced('members', member(2n, { name: 'm1' })),
    'members warn member-duplicate',
  ],
  'two members of one URL': [
    replaced('members', member(2n, { peerUrls: ['http://10.0.0.1:2380'] })),
    'members warn member-duplicate',
  ],
  'a zombie': [withRows('members', member(3n)), 'members warn member-zombie'],
  'a voter that is not listed': [replaced('meta', confState([1n, 2n, 3n])), 'members warn member-unlisted'],
  'a promotion that was lost': [
    replaced('members', member(2n, { isLearner: true })),
    'members warn learner-promotion-lost',
  ],
  'a learner': [
    {
      ...replaced('members', member(2n, { isLearner: true })),
      meta: replaced('meta', confState([1n], [2n]))['meta']!,
    },
    'members ok member-learner',
  ],
  'a configuration from before a restore': [
    replaced('meta', confState([7n, 8n])),
    'members ok configuration-older',
  ],
  // versions
  'a storage version that is none': [
    meta('storageVersion', 'new'),
    'schema fail record-invalid',
    'versions fail record-invalid',
    'versions warn storage-version-missing',
  ],
  'a cluster version that is none': [
    replaced('cluster', textRow('clusterVersion', '')),
    'versions fail record-invalid',
  ],
  'an etcd from the future': [
    { ...meta('storageVersion', '3.9.0'), cluster: [textRow('clusterVersion', '3.9.0')] },
    'versions warn version-unknown',
    'versions warn version-unknown',
  ],
  'a storage version of 3.7': [
    { ...meta('storageVersion', '3.7.0'), cluster: [textRow('clusterVersion', '3.7.0')] },
    'versions ok version-needed',
  ],
  'an upgrade under way': [
    replaced('cluster', textRow('clusterVersion', '3.7.0')),
    'versions warn version-change',
  ],
  'a storage version not yet written': [
    { ...soundRows, meta: [...tinyRows['meta']!, confState([1n, 2n])] },
    'versions warn storage-version-missing',
  ],
  'etcd 3.4': [
    {
      ...soundRows,
      meta: tinyRows['meta']!.slice(0, 1),
      cluster: [textRow('clusterVersion', '3.4.0')],
    },
    'versions ok origin-3.4',
  ],
  'a downgrade under way': [
    replaced('cluster', textRow('downgrade', '{"target-version":"3.5.0","enabled":true}')),
    'versions warn downgrade-enabled',
  ],
  'a downgrade to nowhere': [
    replaced('cluster', textRow('downgrade', '{"target-version":"x","enabled":true}')),
    'versions fail record-invalid',
  ],
};

for (const [name, [rows, ...expected]] of Object.entries(damaged)) {
  test(`found in a snapshot: ${name}`, async () => {
    const report = await verifyBytes(snapshotBytes(rows));
    assert.deepEqual(findingsOf(report).sort(), [...expected].sort());
    assert.equal(report.ok, !expected.some((finding) => finding.includes(' fail ')));
  });
}

test('without the bucket meta', async () => {
  const report = await verifyBytes(snapshotBytes(without('meta')));
  assert.equal(statusesOf(report).schema, 'fail');
});

test('a broken row of history fails the report', async () => {
  const row = {
    key: encodeRevision({ main: 7n, sub: 0n, tombstone: false }),
    value: encodeKeyValue({
      key: utf8('x'),
      createRevision: 6n,
      modRevision: 7n,
      version: 3n,
      value: utf8(''),
      lease: 0n,
    }),
  };
  const report = await verifyBytes(snapshotBytes(withRows('key', row)));
  assert.deepEqual(findingsOf(report), ['records fail version-step']);
  assert.equal(report.ok, false);
});

test('the digest: changed, missing, cut off, apart, skipped', async () => {
  const good = snapshotBytes(soundRows);
  const database = good.subarray(0, -32);
  const changed = Uint8Array.from(good);
  // In the free part of the last page: nothing but the digest can tell.
  changed[good.length - 40]! ^= 1;
  const cases: [Uint8Array, string][] = [
    [changed, 'digest fail digest-mismatch'],
    [database, 'digest fail digest-missing'],
    [good.subarray(0, -1), 'digest fail size-rule'],
    [withDigest(Buffer.concat([database, new Uint8Array(4096)])), 'digest warn digest-apart'],
  ];
  for (const [bytes, expected] of cases) {
    const report = await verifyBytes(bytes);
    assert.deepEqual(findingsOf(report), [expected]);
    assert.equal(report.ok, expected.includes('warn'));
  }
  const mismatch = (await verifyBytes(changed)).checks[0]!;
  assert.match(mismatch.summary, /^the file ends with SHA-256 [0-9a-f]{64}, its content has [0-9a-f]{64}$/);
  const skipped = await verifyBytes(database, true);
  assert.deepEqual([skipped.ok, findingsOf(skipped)], [true, ['digest warn digest-skipped']]);
});

test('damaged pages: a failed structure, and what can still be said about the rest', async () => {
  const rows = Array.from({ length: 400 }, (_, i) => ({
    key: encodeRevision({ main: BigInt(i + 2), sub: 0n, tombstone: false }),
    value: encodeKeyValue({
      key: utf8(`key-${i}`),
      createRevision: BigInt(i + 2),
      modRevision: BigInt(i + 2),
      version: 1n,
      value: new Uint8Array(100),
      lease: 0n,
    }),
  }));
  const database = snapshotBytes({ ...soundRows, key: rows, lease: [] }).subarray(0, -32);
  const sound = await verifyBytes(withDigest(database));
  assert.equal(sound.ok, true);
  const bytes = Uint8Array.from(database);
  // The id in the header of the fifth page.
  bytes[5 * 4096]! ^= 0xff;
  const report = await verifyBytes(withDigest(bytes));
  const statuses = statusesOf(report);
  assert.deepEqual([statuses.digest, statuses.structure, statuses.revisions], ['ok', 'fail', 'fail']);
  assert.ok(findingsOf(report).includes('structure fail page-id'));
  assert.ok(findingsOf(report).includes('revisions fail unreadable'));
  assert.deepEqual([statuses.members, statuses.versions, report.ok], ['ok', 'ok', false]);
  const halfMeta = Uint8Array.from(database);
  halfMeta[4096 + 20]! ^= 0xff;
  const warned = await verifyBytes(withDigest(halfMeta));
  assert.deepEqual([statusesOf(warned).structure, warned.ok], ['warn', true]);
});

test('the file stays as it is, phases are told, and an interrupt stops the work', async () => {
  await using dir = await tempDir('verify');
  const path = join(dir.path, 'snapshot.db');
  await writeFile(path, snapshotBytes(soundRows));
  await chmod(path, 0o400);
  const phases: string[] = [];
  const events = (event: OperationEvent) => {
    if (event.type === 'phase-started') phases.push(event.phase);
  };
  await verifySnapshot({ path }, operationContext({ events }));
  assert.ok(phases.includes('digest') && phases.includes('history'), phases.join());
  assert.ok(Buffer.compare(await readFile(path), snapshotBytes(soundRows)) === 0);
  const controller = new AbortController();
  controller.abort();
  await assert.rejects(verifySnapshot({ path }, operationContext({ signal: controller.signal })), (error) =>
    hasCode(error, 'INTERRUPTED'),
  );
});

test('what is no database is refused', async () => {
  await using dir = await tempDir('verify');
  const run = (path: string) => verifySnapshot({ path }, operationContext());
  await assert.rejects(run(dir.path), (error) => hasCode(error, 'NOT_A_REGULAR_FILE'));
  await assert.rejects(run(join(dir.path, 'none')), (error) => hasCode(error, 'FILE_NOT_FOUND'));
  for (const bytes of [new Uint8Array(0), utf8('x'), new Uint8Array(16384)]) {
    await assert.rejects(verifyBytes(bytes), (error) => hasCode(error, 'NOT_A_DATABASE'));
  }
});

test('secrets of users stay out of the report', async () => {
  const report = await verifyBytes(snapshotBytes(withRows('authUsers', user('alice', ['r'], 'bob'))));
  const shown = JSON.stringify(report);
  assert.ok(!shown.includes('$2a$') && !shown.includes('alice'));
});

test('whatever lies in the rows or in the pages, there is a report or a typed error', async () => {
  await using dir = await tempDir('verify');
  const path = join(dir.path, 'snapshot.db');
  const bytes = fc.uint8Array({ maxLength: 40 });
  const key = fc.uint8Array({ minLength: 1, maxLength: 20 });
  const row = fc.tuple(fc.constantFrom(...Object.keys(soundRows)), fc.nat(9), key, bytes);
  const flip = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));
  const strange = fc.tuple(fc.array(row, { maxLength: 5 }), fc.array(flip, { maxLength: 3 }));
  const property = fc.asyncProperty(strange, async ([rows, flips]) => {
    let content: Rows = soundRows;
    for (const [bucket, at, ownKey, value] of rows) {
      const known = content[bucket]!;
      // A strange value under a known key, or a row that nobody knows.
      const rowKey = known[at]?.key ?? ownKey;
      const others = known.filter((entry) => Buffer.compare(entry.key, rowKey) !== 0);
      content = { ...content, [bucket]: [...others, { key: rowKey, value }] };
    }
    const file = Uint8Array.from(snapshotBytes(content));
    for (const [at, change] of flips) file[at % file.length]! ^= change;
    await writeFile(path, file);
    try {
      const report = await verifySnapshot({ path }, operationContext());
      if (flips.length > 0 && !Buffer.from(file).equals(snapshotBytes(content)))
        assert.equal(report.ok, false);
    } catch (error) {
      assert.ok(hasCode(error, 'NOT_A_DATABASE') || hasCode(error, 'DATABASE_CORRUPT'), String(error));
    }
  });
  await fc.assert(property, { numRuns: 400 });
});
