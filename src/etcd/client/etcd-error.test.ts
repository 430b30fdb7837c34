import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HoldfastError } from '../../base/index.ts';
import { etcdError, serverError } from './etcd-error.ts';

const situation = { endpoint: 'a:1', signals: [] };

describe('serverError', () => {
  const cases: readonly [grpcCode: number, text: string, code: string, exitStatus: number][] = [
    [3, 'etcdserver: key not found', 'ETCD_ERROR', 1],
    [3, 'etcdserver: user name is empty', 'AUTH_REQUIRED', 4],
    [3, 'etcdserver: authentication failed, invalid user ID or password', 'AUTH_FAILED', 4],
    [7, 'etcdserver: permission denied', 'PERMISSION_DENIED', 4],
    [16, 'etcdserver: invalid auth token', 'AUTH_FAILED', 4],
    [11, 'etcdserver: mvcc: required revision has been compacted', 'REVISION_COMPACTED', 1],
    [11, 'etcdserver: mvcc: required revision is a future revision', 'REVISION_FUTURE', 1],
    [8, 'etcdserver: mvcc: database space exceeded', 'ETCD_ERROR', 1],
    [14, 'etcdserver: no leader', 'ETCD_UNAVAILABLE', 5],
    [4, 'context deadline exceeded', 'TIMEOUT', 5],
    [12, 'unknown method Downgrade', 'ETCD_ERROR', 1],
  ];
  for (const [grpcCode, text, code, exitStatus] of cases) {
    test(`${grpcCode} ${text}`, () => {
      const error = serverError(grpcCode, text, situation);
      assert.equal(error.code, code);
      assert.equal(error.exitStatus, exitStatus);
      assert.equal(error.message, text, 'the text of the server is kept');
      assert.deepEqual(error.details, { endpoint: 'a:1', grpcCode });
    });
  }

  test('an empty user name is a failed login when a user was given', () => {
    const given = { ...situation, userGiven: true };
    assert.equal(serverError(3, 'etcdserver: user name is empty', given).code, 'AUTH_FAILED');
  });

  test('permission denied means a forgotten user when none was given', () => {
    const denied = (userGiven: boolean) =>
      serverError(7, 'etcdserver: permission denied', { ...situation, userGiven });
    assert.equal(denied(true).code, 'PERMISSION_DENIED');
    assert.equal(denied(false).code, 'AUTH_REQUIRED');
    assert.match(denied(false).hint, /common name of the client certificate/);
  });

  test('a user whom etcd does not know is a forgotten one, except in calls about users', () => {
    // 3.4 and 3.5 say the first, 3.6 and later the second.
    for (const text of ['auth: user not found', 'etcdserver: user name not found']) {
      const code = (more: object) => serverError(2, text, { ...situation, ...more }).code;
      assert.equal(code({ userGiven: false }), 'AUTH_REQUIRED');
      assert.equal(code({ userGiven: false, service: 'Auth' }), 'ETCD_ERROR');
      assert.equal(code({ userGiven: true }), 'ETCD_ERROR');
    }
  });

  test('known troubles have a hint of their own', () => {
    assert.match(serverError(8, 'etcdserver: mvcc: database space exceeded', situation).hint, /defragment/);
  });
});

describe('etcdError', () => {
  test('an aborted signal means INTERRUPTED, whatever the call says', () => {
    const error = etcdError(new Error('x'), { endpoint: 'a:1', signals: [undefined, AbortSignal.abort()] });
    assert.equal(error.code, 'INTERRUPTED');
  });

  test('a signal aborted with one of our errors means that error', () => {
    const reason = new HoldfastError('TIMEOUT', 'too long');
    assert.equal(
      etcdError(new Error('x'), { endpoint: 'a:1', signals: [AbortSignal.abort(reason)] }),
      reason,
    );
  });

  test('one of our errors among the causes is the error', () => {
    const inner = new HoldfastError('ETCD_UNREACHABLE', 'no');
    const wrapped = new Error('outer', { cause: new Error('middle', { cause: inner }) });
    assert.equal(etcdError(wrapped, situation), inner);
  });

  test('causes that go round in circles end', () => {
    const a = new Error('a');
    a.cause = new Error('b', { cause: a });
    assert.equal(etcdError(a, situation).code, 'CONNECTION_LOST');
  });
});
