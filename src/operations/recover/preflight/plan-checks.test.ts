import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChecksInput, PlanCheck } from './checks-input.ts';
import { checkLedger } from './ledger-checks.ts';
import { checkMembersDiffer } from './member-checks.ts';
import { checkNewDataDir } from './new-data-dir-checks.ts';
import { checkRevision } from './revision-checks.ts';

/** Codes of what a check finds, worst first, given no more than it looks at. */
function codes(check: PlanCheck, input: object): string[] {
  return check(input as ChecksInput).map(({ severity, code }) => `${severity} ${code}`);
}

test('a ledger that cannot be read is found out before anything is touched', () => {
  const hosts = (ledger: unknown) => ({ hosts: [{ host: 'cp1', ledger }] });
  assert.deepEqual(
    codes(checkLedger, hosts({ problem: '/var/lib/etcd.holdfast-ledger.json: not a ledger' })),
    ['fail ledger-damaged'],
  );
  assert.deepEqual(codes(checkLedger, hosts(undefined)), []);
  assert.deepEqual(codes(checkLedger, hosts({ formatVersion: 1, highWater: 1n, entries: [] })), []);
});

test('a new data dir is beside the old one', () => {
  const input = (dataDir: string) => ({
    hosts: [{ host: 'cp1', discovery: { manifestsDir: '/etc/kubernetes/manifests' } }],
    plan: { hosts: [{ mode: 'new-data-dir', oldDataDir: '/var/lib/etcd', dataDir }] },
  });
  for (const wrong of [
    '/var/lib/etcd/new',
    '/var/lib/etcd/member',
    '/var/lib',
    '/etc/kubernetes/manifests/etcd',
    '/etc/kubernetes',
  ])
    assert.deepEqual(codes(checkNewDataDir, input(wrong)), ['fail data-dir-place'], wrong);
  for (const right of ['/var/lib/etcd2', '/var/lib/etcd..', '/srv/etcd', '/etc/kubernetes/etcd'])
    assert.deepEqual(codes(checkNewDataDir, input(right)), [], right);
});

test('hosts that stand for one member are told apart', () => {
  const member = (name: string, ...peerUrls: string[]) => ({
    host: `host-${name}`,
    member: { name, peerUrls },
  });
  const of = (...hosts: object[]) => codes(checkMembersDiffer, { plan: { hosts } });
  assert.deepEqual(of(member('a', 'https://a:2380'), member('b', 'https://b:2380')), []);
  assert.deepEqual(of(member('a', 'https://a:2380'), member('a', 'https://b:2380')), ['fail member-twice']);
  assert.deepEqual(of(member('a', 'https://a:2380'), member('b', 'https://a:2380')), ['fail member-twice']);
});

test('no revision passes what etcd can count', () => {
  const at = (target: bigint) =>
    codes(checkRevision, { plan: { revision: { bump: 5n, target, highWater: 1n, source: 'live' } } });
  assert.deepEqual(at(2n ** 63n - 1n), ['fail revision-too-high']);
  assert.deepEqual(at(2n ** 63n + 30n), ['fail revision-too-high']);
  assert.deepEqual(at(2n ** 62n), ['ok revision-goes-on']);
});
