import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { displayText, formatHex, hasCode, parseHex, utf8 } from '../../base/index.ts';
import * as mvcc from './index.ts';

const invalid = (error: unknown) => hasCode(error, 'RECORD_INVALID');
const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const int64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
const blob = fc.uint8Array({ maxLength: 20 });
/** Records with a prototype, as the decoders make them. */
function record<T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
}
const text = fc.string({ unit: 'binary', maxLength: 20 });

test('a lease seen on a real member', () => {
  const id = 7111924889654685446n;
  assert.equal(mvcc.decodeLeaseKey(parseHex('62b2a201ad206f06')), id);
  const record = mvcc.decodeLease(parseHex('0886de81e99ac0a8d9621080a305'));
  assert.deepEqual(record, { id, ttlSeconds: 86400n, remainingTtlSeconds: 0n });
  assert.equal(formatHex(mvcc.encodeLease(record)), '0886de81e99ac0a8d9621080a305');
  assert.equal(formatHex(mvcc.encodeLeaseKey(id)), '62b2a201ad206f06');
});

test('leases round-trip', () => {
  const lease = record({ id: int64, ttlSeconds: int64, remainingTtlSeconds: int64 });
  fc.assert(
    fc.property(lease, (record) => {
      assert.deepEqual(mvcc.decodeLease(mvcc.encodeLease(record)), record);
      assert.equal(mvcc.decodeLeaseKey(mvcc.encodeLeaseKey(record.id)), record.id);
    }),
  );
  assert.throws(() => mvcc.decodeLeaseKey(new Uint8Array(7)), invalid);
  assert.throws(() => mvcc.decodeLease(parseHex('0a00')), invalid);
});

test('a role and users seen on a real member', () => {
  const role = parseHex('0a0272311208080212016' + '11a01621207' + '12027a7a1a0100');
  assert.deepEqual(mvcc.decodeRole(role), {
    name: utf8('r1'),
    permissions: [
      { permission: mvcc.permissionTypes.readWrite, key: utf8('a'), rangeEnd: utf8('b') },
      { permission: mvcc.permissionTypes.read, key: utf8('zz'), rangeEnd: Uint8Array.of(0) },
    ],
  });
  assert.equal(formatHex(mvcc.encodeRole(mvcc.decodeRole(role))), formatHex(role));
  const user = mvcc.decodeUser(parseHex('0a02636e22020801'));
  assert.deepEqual(user, {
    name: utf8('cn'),
    password: utf8(''),
    roles: [],
    options: { noPassword: true },
  });
  assert.equal(formatHex(mvcc.encodeUser(user)), '0a02636e22020801');
  const root = {
    name: utf8('root'),
    password: utf8('$2a$10$x'),
    roles: ['r1'],
    options: { noPassword: false },
  };
  assert.ok(formatHex(mvcc.encodeUser(root)).endsWith('1a0272312200'), 'an empty options message is kept');
  assert.deepEqual(mvcc.decodeUser(mvcc.encodeUser(root)), root);
});

test('users and roles round-trip', () => {
  const user = fc.record(
    {
      name: blob,
      password: blob,
      roles: fc.array(text),
      options: record({ noPassword: fc.boolean() }),
    },
    { requiredKeys: ['name', 'password', 'roles'], noNullPrototype: true },
  );
  const permission = record({ permission: fc.nat(3), key: blob, rangeEnd: blob });
  const role = record({ name: blob, permissions: fc.array(permission, { maxLength: 4 }) });
  fc.assert(
    fc.property(user, (record) => assert.deepEqual(mvcc.decodeUser(mvcc.encodeUser(record)), record)),
  );
  fc.assert(
    fc.property(role, (record) => assert.deepEqual(mvcc.decodeRole(mvcc.encodeRole(record)), record)),
  );
  assert.throws(() => mvcc.decodeUser(parseHex('1a02ff')), invalid);
  assert.throws(() => mvcc.decodeRole(parseHex('120208')), invalid);
});

test('auth on and off', () => {
  assert.equal(mvcc.decodeAuthEnabled(mvcc.encodeAuthEnabled(true)), true);
  assert.equal(mvcc.decodeAuthEnabled(mvcc.encodeAuthEnabled(false)), false);
  for (const hex of ['', '02', '0001']) assert.throws(() => mvcc.decodeAuthEnabled(parseHex(hex)), invalid);
});

test('alarms round-trip', () => {
  fc.assert(
    fc.property(uint64, fc.nat(5), (memberId, alarm) => {
      const record = { memberId, alarm };
      assert.deepEqual(mvcc.decodeAlarmKey(mvcc.encodeAlarmKey(record)), record);
    }),
  );
  assert.equal(mvcc.formatAlarm(mvcc.alarmTypes.noSpace), 'NOSPACE');
  assert.equal(mvcc.formatAlarm(9), '9');
  assert.throws(() => mvcc.decodeAlarmKey(parseHex('0a')), invalid);
});

test('members: ids above 2^53 stay exact, empty fields are left out, Go escapes are made', () => {
  const member = {
    id: 10276657743932975437n,
    peerUrls: ['http://localhost:2380'],
    isLearner: false,
    name: 'default',
    clientUrls: [],
  };
  const json = '{"id":10276657743932975437,"peerURLs":["http://localhost:2380"],"name":"default"}';
  assert.equal(displayText(mvcc.encodeMember(member)), json);
  assert.deepEqual(mvcc.decodeMember(utf8(json)), member);
  const odd = { ...member, isLearner: true, name: '<a>&\u2028', clientUrls: ['http://c:1'] };
  assert.ok(
    displayText(mvcc.encodeMember(odd)).endsWith(
      '"isLearner":true,"name":"\\u003ca\\u003e\\u0026\\u2028","clientURLs":["http://c:1"]}',
    ),
  );
  assert.deepEqual(mvcc.decodeMember(mvcc.encodeMember(odd)), odd);
  assert.deepEqual(mvcc.decodeMember(utf8('{"id":1,"peerURLs":null}')).peerUrls, []);
});

test('member keys are hex without leading zeros', () => {
  assert.equal(displayText(mvcc.encodeMemberKey(744961120384328880n)), 'a56a23127fc24b0');
  assert.equal(mvcc.decodeMemberKey(utf8('a56a23127fc24b0')), 744961120384328880n);
  for (const key of ['', 'xyz', '11111111111111111']) {
    assert.throws(() => mvcc.decodeMemberKey(utf8(key)), invalid, key);
  }
});

test('damaged JSON records are refused without quoting them', () => {
  const bad = [
    '{"id":-1}',
    '{"id":18446744073709551616}',
    '{"id":1.5}',
    '{"id":"1"}',
    '{"peerURLs":[]}',
    '{"id":1,"peerURLs":"secret"}',
    '{"id":1,"peerURLs":[7]}',
    '[]',
    'null',
    'secret{',
    '['.repeat(200_000),
  ];
  for (const json of bad) {
    assert.throws(
      () => mvcc.decodeMember(utf8(json)),
      (error: Error) => invalid(error) && !error.message.includes('secret'),
      json.slice(0, 40),
    );
  }
  assert.throws(() => mvcc.decodeMember(Uint8Array.of(0x7b, 0xff, 0x7d)), invalid);
  assert.throws(() => mvcc.decodeMember(utf8(`{"id":1,"name":"${'x'.repeat(1 << 20)}"}`)), invalid);
});

test('confState as 3.5 writes it', () => {
  const json = '{"voters":[5425795037461045938],"auto_leave":false}';
  const state = mvcc.decodeConfState(utf8(json));
  assert.deepEqual(state, {
    voters: [5425795037461045938n],
    learners: [],
    votersOutgoing: [],
    learnersNext: [],
    autoLeave: false,
  });
  assert.equal(displayText(mvcc.encodeConfState(state)), json);
  const full = record({
    voters: fc.array(uint64),
    learners: fc.array(uint64),
    votersOutgoing: fc.array(uint64),
    learnersNext: fc.array(uint64),
    autoLeave: fc.boolean(),
  });
  fc.assert(
    fc.property(full, (value) => assert.deepEqual(mvcc.decodeConfState(mvcc.encodeConfState(value)), value)),
  );
});

test('versions', () => {
  const version = mvcc.decodeVersionRecord(utf8('3.10.0-rc.1'), 'r');
  assert.deepEqual(version, { major: 3, minor: 10, patch: 0, text: '3.10.0-rc.1' });
  const older = mvcc.decodeVersionRecord(utf8('3.9.0'), 'r');
  assert.ok(mvcc.compareMinorVersions(older, version) < 0);
  for (const bad of ['', '3.6', 'x', '3.6.0 ', `3.6.0-${'1'.repeat(70)}`]) {
    assert.throws(() => mvcc.decodeVersionRecord(utf8(bad), 'r'), invalid, bad);
  }
});

test('downgrade and u64 records', () => {
  const json = '{"target-version":"3.5.0","enabled":true}';
  const downgrade = mvcc.decodeDowngrade(utf8(json));
  assert.deepEqual(downgrade, { targetVersion: '3.5.0', enabled: true });
  assert.equal(displayText(mvcc.encodeDowngrade(downgrade)), json);
  assert.equal(mvcc.decodeUint64Record(mvcc.encodeUint64Record(7n), 'r'), 7n);
  assert.throws(() => mvcc.decodeUint64Record(new Uint8Array(4), 'meta/term'), /meta\/term/);
});

test('compaction marks', () => {
  assert.equal(formatHex(mvcc.encodeCompactionMark(136n)), '00000000000000885f0000000000000000');
  assert.equal(mvcc.decodeCompactionMark(parseHex('00000000000000885f0000000000000000'), 'r'), 136n);
  assert.throws(() => mvcc.decodeCompactionMark(parseHex('0000000000000088'), 'r'), invalid);
  assert.throws(
    () => mvcc.decodeCompactionMark(parseHex('ff000000000000885f0000000000000000'), 'r'),
    invalid,
  );
});
