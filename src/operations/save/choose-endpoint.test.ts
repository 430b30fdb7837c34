import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type ErrorCode,
  hasCode,
  HoldfastError,
  type OperationEvent,
  operationContext,
} from '../../base/index.ts';
import { type EtcdClient, StatusResponseSchema } from '../../etcd/index.ts';
import { chooseEndpoint } from './choose-endpoint.ts';

type Answer = MessageInitShape<typeof StatusResponseSchema> | HoldfastError;

function member(memberId: bigint, leader: bigint, raftAppliedIndex: bigint, more: object = {}): Answer {
  return { header: { memberId }, leader, raftAppliedIndex, ...more };
}

function unreachable(endpoint: string, code: ErrorCode = 'ETCD_UNREACHABLE'): HoldfastError {
  return new HoldfastError(code, `cannot reach ${endpoint}`);
}

/** A client whose endpoints give these answers to Status. */
function clientOf(answers: Readonly<Record<string, Answer>>): EtcdClient {
  const status = (_request: object, options: { endpoint: string }) => {
    const answer = answers[options.endpoint];
    if (answer instanceof HoldfastError) return Promise.reject(answer);
    return Promise.resolve(create(StatusResponseSchema, answer));
  };
  return { endpoints: Object.keys(answers), maintenance: { status } } as unknown as EtcdClient;
}

async function choose(
  answers: Readonly<Record<string, Answer>>,
): Promise<{ endpoint: string; reason: string; warnings: string[] }> {
  const warnings: string[] = [];
  const events = (event: OperationEvent) => event.type === 'warning' && warnings.push(event.message);
  const chosen = await chooseEndpoint(clientOf(answers), operationContext({ events }));
  return { ...chosen, warnings };
}

describe('chooseEndpoint', () => {
  test('a follower rather than the leader', async () => {
    const { endpoint, reason, warnings } = await choose({ a: member(1n, 1n, 50n), b: member(2n, 1n, 49n) });
    assert.equal(endpoint, 'b');
    assert.match(reason, /^follower, applied index 49, one of 2 voting members that answered$/);
    assert.deepEqual(warnings, []);
  });

  test('among followers the one that has applied most, then the first', async () => {
    const answers = { a: member(1n, 9n, 50n), b: member(2n, 9n, 60n), c: member(3n, 9n, 60n) };
    assert.equal((await choose(answers)).endpoint, 'b');
  });

  test('the leader when the followers do not answer', async () => {
    assert.equal((await choose({ a: unreachable('a'), b: member(2n, 2n, 1n) })).endpoint, 'b');
  });

  test('never a learner', async () => {
    const answers = { a: member(1n, 2n, 99n, { isLearner: true }), b: member(2n, 2n, 1n) };
    assert.equal((await choose(answers)).endpoint, 'b');
    const only = choose({ a: member(1n, 2n, 99n, { isLearner: true }), b: unreachable('b') });
    await assert.rejects(only, (error) => hasCode(error, 'ETCD_UNAVAILABLE'));
  });

  test('a member without a leader only when nothing is better, and with a warning', async () => {
    assert.equal((await choose({ a: member(1n, 0n, 99n), b: member(2n, 2n, 1n) })).endpoint, 'b');
    const { endpoint, warnings } = await choose({ a: member(1n, 0n, 99n), b: unreachable('b') });
    assert.equal(endpoint, 'a');
    assert.deepEqual(warnings, ['no healthy member answered; saving from a, a member without a leader']);
  });

  test('a member with a corruption alarm last of all; one that is out of space counts as healthy', async () => {
    const corrupt = { errors: ['memberID:1 alarm:CORRUPT '] };
    const answers = { a: member(1n, 3n, 99n, corrupt), b: member(2n, 0n, 1n) };
    assert.equal((await choose(answers)).endpoint, 'b');
    const full = member(3n, 9n, 1n, { errors: ['memberID:3 alarm:NOSPACE '] });
    const { endpoint, warnings } = await choose({ a: member(9n, 9n, 1n), b: full });
    assert.deepEqual([endpoint, warnings], ['b', []]);
  });

  test('nobody answers: the error that all share, naming each', async () => {
    const all = choose({ a: unreachable('a', 'TLS_UNTRUSTED'), b: unreachable('b', 'TLS_UNTRUSTED') });
    await assert.rejects(all, (error) => {
      assert.ok(hasCode(error, 'TLS_UNTRUSTED'));
      assert.equal(error.message, 'no endpoint answered: cannot reach a; cannot reach b');
      return true;
    });
    const mixed = choose({ a: unreachable('a', 'TLS_UNTRUSTED'), b: unreachable('b') });
    await assert.rejects(mixed, (error) => hasCode(error, 'ETCD_UNREACHABLE'));
  });

  test('an interruption is not an answer', async () => {
    const stopped = choose({ a: unreachable('a', 'INTERRUPTED'), b: member(2n, 2n, 1n) });
    await assert.rejects(stopped, (error) => hasCode(error, 'INTERRUPTED'));
  });
});
