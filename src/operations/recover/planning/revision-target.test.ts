import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HostFacts } from '../host/index.ts';
import { planRevision } from './revision-target.ts';

const margin = 1_000_000n;
const wideMargin = 1_000_000_000n;

interface Marks {
  readonly live?: bigint;
  readonly data?: bigint | 'unreadable';
  readonly ledger?: bigint | 'unreadable';
}

function hostWith({ live, data, ledger }: Marks): HostFacts {
  return {
    discovery: { ...(live === undefined ? {} : { live: { revision: live } }) },
    dataDir: { content: data === 'unreadable' ? { problem: 'x' } : data && { revision: data } },
    ledger: ledger === 'unreadable' ? { problem: 'x' } : ledger && { highWater: ledger },
  } as unknown as HostFacts;
}

function plan(snapshot: bigint, ...hosts: readonly Marks[]) {
  return planRevision(snapshot, hosts.map(hostWith), undefined);
}

test('from the running etcd, which is ahead of its snapshot', () => {
  assert.deepEqual(plan(100n, { live: 150n, data: 149n, ledger: 120n }), {
    bump: 50n + margin,
    target: 150n + margin,
    highWater: 150n,
    source: 'live',
  });
});

test('from the old data dir, when etcd is down', () => {
  const { target, source } = plan(100n, { data: 170n, ledger: 120n });
  assert.deepEqual([target, source], [170n + margin, 'data-dir']);
});

test('from the ledger, when the data is lost: nobody knows what came after its last line', () => {
  for (const data of [undefined, 'unreadable'] as const) {
    const { target, source } = plan(100n, { ...(data && { data }), ledger: 500n });
    assert.deepEqual([target, source], [500n + wideMargin, 'ledger']);
  }
});

test('an etcd that began anew on an empty disk says nothing of the one that was lost', () => {
  assert.deepEqual(plan(100n, { live: 3n, data: 3n }), {
    bump: wideMargin,
    target: 100n + wideMargin,
    highWater: undefined,
    source: 'unknown',
  });
  const { target, source } = plan(100n, { live: 130n, ledger: 500n });
  assert.deepEqual([target, source], [500n + wideMargin, 'ledger']);
});

test('a ledger behind the running etcd takes nothing away from it', () => {
  const { target, source } = plan(100n, { live: 500n, ledger: 500n });
  assert.deepEqual([target, source], [500n + margin, 'live']);
});

test('nothing is known', () => {
  const { bump, highWater, source } = plan(100n, { ledger: 'unreadable' });
  assert.deepEqual([bump, highWater, source], [wideMargin, undefined, 'unknown']);
});

test('the highest of all hosts counts', () => {
  const { target, source } = plan(100n, { live: 150n }, { data: 190n }, { live: 180n });
  assert.deepEqual([target, source], [190n + margin, 'data-dir']);
});

test('a bump that is asked for is taken, with what is known beside it', () => {
  const asked = (bump: bigint) => planRevision(100n, [hostWith({ live: 150n })], bump);
  assert.deepEqual(asked(7n), { bump: 7n, target: 107n, highWater: 150n, source: 'live' });
  assert.deepEqual(asked(0n), { bump: 0n, target: 100n, highWater: 150n, source: 'live' });
});

test('whatever is known, the cluster begins above the snapshot and above all that was seen', () => {
  const mark = fc.option(fc.bigInt({ min: 1n, max: 2n ** 61n }), { nil: undefined });
  const host = fc.record({ live: mark, data: mark, ledger: mark });
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 2n ** 61n }), fc.array(host, { maxLength: 3 }), (snapshot, all) => {
      const { bump, target } = plan(snapshot, ...(all as Marks[]));
      assert.equal(target, snapshot + bump);
      assert.ok(target >= snapshot + margin);
      for (const { live, data, ledger } of all)
        for (const seen of [live, data, ledger]) assert.ok(seen === undefined || target > seen);
    }),
  );
});

test('the same snapshot again and again always goes up', () => {
  let live = 150n;
  for (let round = 0; round < 5; round++) {
    const { target } = plan(100n, { live });
    assert.ok(target > live);
    live = target + 17n;
  }
});
