import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { displayText, hasCode, utf8, WireWriter } from '../../base/index.ts';
import { decodeRaftRequest } from './raft-request.ts';

function internal(field: number, message: WireWriter): Uint8Array {
  return new WireWriter().message(100, new WireWriter().varint(1, 7)).message(field, message).finish();
}

function decoded(field: number, message: WireWriter) {
  return decodeRaftRequest(internal(field, message)).request;
}

const empty = () => new WireWriter();

describe('every kind of request', () => {
  test('key-value', () => {
    const put = decoded(4, empty().string(1, 'k').string(2, 'v').varint(3, 9n).varint(5, true));
    assert.ok(put.kind === 'put');
    assert.equal(displayText(put.put.key), 'k');
    assert.deepEqual([put.put.lease, put.put.ignoreValue, put.put.ignoreLease], [9n, true, false]);
    const remove = decoded(5, empty().string(1, 'a').string(2, 'b'));
    assert.ok(remove.kind === 'deleteRange');
    assert.equal(displayText(remove.deleteRange.rangeEnd), 'b');
    assert.deepEqual(decoded(7, empty().varint(1, 12).varint(2, true)), {
      kind: 'compaction',
      revision: 12n,
    });
  });

  test('transactions', () => {
    const compare = empty().varint(1, 3).varint(2, 3).string(3, 'k').string(7, 'v').string(64, 'l');
    const op = empty().message(2, empty().string(1, 'x'));
    const nested = empty().message(4, empty().message(3, empty().message(3, empty().string(1, 'y'))));
    const txn = decoded(6, empty().message(1, compare).message(2, op).message(2, nested).message(3, empty()));
    assert.ok(txn.kind === 'txn');
    const { success, failure } = txn.txn;
    assert.equal(txn.txn.compare[0]!.operand.target, 3);
    assert.equal(displayText(txn.txn.compare[0]!.rangeEnd), 'l');
    assert.deepEqual(
      success.map(({ kind }) => kind),
      ['put', 'txn'],
    );
    assert.deepEqual(failure, [{ kind: 'empty' }]);
  });

  test('leases, alarms, membership', () => {
    assert.deepEqual(decoded(8, empty().varint(1, 60).varint(2, 5n)), {
      kind: 'leaseGrant',
      id: 5n,
      ttlSeconds: 60n,
    });
    assert.deepEqual(decoded(9, empty().varint(1, -1n)), { kind: 'leaseRevoke', id: -1n });
    assert.deepEqual(decoded(11, empty().message(1, empty().varint(1, 5).varint(2, 30))), {
      kind: 'leaseCheckpoint',
      checkpoints: [{ id: 5n, remainingTtlSeconds: 30n }],
    });
    assert.deepEqual(decoded(10, empty().varint(1, 1).varint(2, 77).varint(3, 2)), {
      kind: 'alarm',
      action: 1,
      memberId: 77n,
      alarm: 2,
    });
    assert.deepEqual(decoded(1300, empty().string(1, '3.6.0')), { kind: 'clusterVersion', version: '3.6.0' });
    assert.deepEqual(
      decoded(1301, empty().varint(1, 7).message(2, empty().string(1, 'n').string(2, 'u').string(2, 'w'))),
      {
        kind: 'memberAttributes',
        attributes: { memberId: 7n, name: 'n', clientUrls: ['u', 'w'] },
      },
    );
    assert.deepEqual(decoded(1302, empty().varint(1, true).string(2, '3.5.0')), {
      kind: 'downgrade',
      enabled: true,
      version: '3.5.0',
    });
  });

  test('auth; a plain password goes no further than here', () => {
    assert.deepEqual(decoded(1000, empty()), { kind: 'auth', auth: { kind: 'enable' } });
    const request = decoded(1100, empty().string(1, 'ann').string(2, 'secret'));
    assert.deepEqual(request, {
      kind: 'auth',
      auth: { kind: 'userAdd', name: 'ann', noPassword: false, password: { hashed: '', isPlain: true } },
    });
    const permission = empty().varint(1, 2).string(2, 'a').string(3, 'b');
    const grant = decoded(1203, empty().string(1, 'role').message(2, permission));
    assert.ok(grant.kind === 'auth' && grant.auth.kind === 'roleGrantPermission');
    assert.equal(grant.auth.permission?.permission, 2);
  });

  test('reads, log-ins, unknown ones and the empty entry of a new leader change nothing', () => {
    for (const field of [3, 1012, 1102, 9900, 5000])
      assert.deepEqual(decoded(field, empty()), { kind: 'noEffect' });
    assert.deepEqual(decodeRaftRequest(new Uint8Array(0)).request, { kind: 'noEffect' });
  });

  test('the header says who asked', () => {
    const header = empty().varint(1, 7).string(2, 'ann').varint(3, 12);
    const data = empty().message(100, header).message(9, empty().varint(1, 1)).finish();
    assert.deepEqual(decodeRaftRequest(data).header, { username: 'ann', authRevision: 12n });
  });
});

describe('requests of the v2 API', () => {
  const v2 = (method: string, path: string, value: string) =>
    empty().varint(1, 5).string(2, method).string(3, path).string(4, value).varint(5, 0).varint(10, 0);
  const attributes = '{"name":"m1","clientURLs":["http://a:1"]}';

  test('bare, as 3.4 writes them, and inside, as 3.5 can', () => {
    const request = v2('PUT', '/0/members/8e9e05c52164694d/attributes', attributes);
    for (const data of [request.finish(), internal(2, request)]) {
      assert.deepEqual(decodeRaftRequest(data).request, {
        kind: 'memberAttributes',
        attributes: { memberId: 0x8e9e05c52164694dn, name: 'm1', clientUrls: ['http://a:1'] },
      });
    }
    assert.deepEqual(decodeRaftRequest(v2('PUT', '/0/version', '3.4.0').finish()).request, {
      kind: 'clusterVersion',
      version: '3.4.0',
    });
  });

  test('the others have nothing to do with the database', () => {
    for (const [method, path] of [
      ['SYNC', ''],
      ['PUT', '/1/key'],
      ['DELETE', '/0/version'],
    ] as const) {
      assert.deepEqual(decodeRaftRequest(v2(method, path, '').finish()).request, { kind: 'noEffect' });
    }
    const bad = v2('PUT', '/0/members/8e/attributes', 'no json').finish();
    assert.throws(
      () => decodeRaftRequest(bad),
      (error: unknown) => hasCode(error, 'RECORD_INVALID'),
    );
  });
});

describe('hostile bytes', () => {
  test('transactions nested without end', () => {
    let message = empty();
    for (let depth = 0; depth < 5000; depth++) message = empty().message(2, empty().message(4, message));
    assert.throws(
      () => decoded(6, message),
      (error: unknown) => hasCode(error, 'RECORD_INVALID'),
    );
  });

  test('anything decodes or is called invalid', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          decodeRaftRequest(bytes);
        } catch (error) {
          assert.ok(hasCode(error, 'RECORD_INVALID'), String(error));
        }
      }),
      { numRuns: 3000 },
    );
    const sound = internal(6, empty().message(2, empty().message(2, empty().bytes(1, utf8('key')))));
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.integer({ min: 1, max: 255 }), (at, xor) => {
        const bytes = sound.slice();
        bytes[at]! ^= xor;
        try {
          decodeRaftRequest(bytes);
        } catch (error) {
          assert.ok(hasCode(error, 'RECORD_INVALID'), String(error));
        }
      }),
    );
  });
});
