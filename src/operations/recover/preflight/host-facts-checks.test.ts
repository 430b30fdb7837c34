/** The checks that look at what is known of hosts, each given no more than it looks at. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkCertificates } from './certificate-checks.ts';
import type { ChecksInput, PlanCheck } from './checks-input.ts';
import { checkEncryption } from './encryption-checks.ts';
import { checkIdentity, checkMembersCovered } from './identity-checks.ts';
import { checkManifests } from './manifest-checks.ts';
import { checkPlace } from './place-checks.ts';
import { checkQuota } from './quota-checks.ts';
import { checkRevision } from './revision-checks.ts';
import { snapshotFindings } from './snapshot-checks.ts';
import { checkVersion } from './version-checks.ts';

const dayMs = 86_400_000;
const nowMs = 1_000 * dayMs;

/** What a check finds, as `severity code`. */
function found(check: PlanCheck, host: object, input: object = {}): string[] {
  const facts = { host: 'cp1', discovery: {}, ...host };
  const all = { hosts: [facts], options: {}, nowMs, ...input } as unknown as ChecksInput;
  return check(all).map(({ severity, code }) => `${severity} ${code}`);
}

function member(id: string, peerUrl: string) {
  return { id, name: id, peerUrls: [peerUrl], isLearner: false };
}

describe('whether a snapshot is of this cluster', () => {
  const dataDir = (kubeSystemUid?: string, ...ids: string[]) => ({
    dataDir: { content: { kubeSystemUid, members: ids.map((id) => member(id, `https://${id}`)) } },
  });
  const snapshot = (kubeSystemUid?: string, ...ids: string[]) => ({
    snapshot: { kubeSystemUid, members: ids.map((id) => member(id, `https://${id}`)) },
  });

  test('the namespace decides, where both have it', () => {
    assert.deepEqual(found(checkIdentity, dataDir('u', 'a'), snapshot('u', 'b')), ['ok same-cluster']);
    assert.deepEqual(found(checkIdentity, dataDir('u', 'a'), snapshot('v', 'a')), ['fail other-cluster']);
  });

  test('else members that both have', () => {
    assert.deepEqual(found(checkIdentity, dataDir(undefined, 'a', 'b'), snapshot('v', 'b')), [
      'ok same-cluster',
    ]);
    assert.deepEqual(found(checkIdentity, dataDir(undefined, 'a'), snapshot(undefined, 'b')), [
      'fail other-cluster',
    ]);
  });

  test('a member of before the last recovery is one, too', () => {
    const ledger = { ledger: { highWater: 1n, entries: [{ memberIds: ['b'] }] } };
    assert.deepEqual(
      found(checkIdentity, { ...dataDir(undefined, 'a'), ...ledger }, snapshot(undefined, 'b')),
      ['ok same-cluster'],
    );
  });

  test('nothing is left to tell it by', () => {
    assert.deepEqual(found(checkIdentity, { dataDir: { content: { problem: 'x' } } }, snapshot('u', 'a')), [
      'warn cluster-unknown',
    ]);
  });

  test('another one may be wanted', () => {
    const options = { options: { allowOtherCluster: true } };
    assert.deepEqual(found(checkIdentity, dataDir('u', 'a'), { ...snapshot('v', 'a'), ...options }), [
      'warn other-cluster',
    ]);
  });
});

describe('members that no host stands for', () => {
  const plan = { plan: { cluster: { members: [{ name: 'a', peerUrls: ['https://a'] }] } } };
  const data = { dataDir: { content: { members: [member('a', 'https://a'), member('b', 'https://b')] } } };

  test('are found among those that run, and in the data when none answers', () => {
    const live = (...members: object[]) => ({ discovery: { live: { members } } });
    assert.deepEqual(found(checkMembersCovered, data, plan), ['fail members-not-covered']);
    assert.deepEqual(found(checkMembersCovered, { ...data, ...live() }, plan), ['fail members-not-covered']);
    const alone = live(member('a', 'https://a'));
    assert.deepEqual(found(checkMembersCovered, { ...data, ...alone }, plan), []);
  });

  test('may be given up', () => {
    const options = { options: { abandonMembers: true } };
    assert.deepEqual(found(checkMembersCovered, data, { ...plan, ...options }), ['warn members-not-covered']);
  });
});

test('revisions', () => {
  const at = (bump: bigint, highWater?: bigint) =>
    found(
      checkRevision,
      {},
      { plan: { revision: { bump, target: 100n + bump, highWater, source: 'live' } } },
    );
  assert.deepEqual(at(0n, 150n), ['warn revision-rewinds']);
  assert.deepEqual(at(10n), ['warn high-water-unknown']);
  assert.deepEqual(at(50n, 150n), ['fail bump-too-small']);
  assert.deepEqual(at(51n, 150n), ['ok revision-goes-on']);
});

test('versions', () => {
  const of = (server: string | undefined, storageVersion: string | undefined) =>
    found(checkVersion, { discovery: { etcd: { version: server } } }, { snapshot: { storageVersion } });
  assert.deepEqual(of('3.5.16', undefined), []);
  assert.deepEqual(of('3.6.16', '3.6.0'), []);
  assert.deepEqual(of('v3.7.0-rc.1', '3.6.0'), []);
  assert.deepEqual(of('3.6.16', '3.7.0'), ['fail etcd-too-old']);
  assert.deepEqual(of('3.5.16', '3.6.0'), ['warn etcd-too-old']);
  assert.deepEqual(of(undefined, '3.6.0'), ['warn etcd-version-unknown']);
  assert.deepEqual(of('latest', '3.6.0'), ['warn etcd-version-unknown']);
});

test('room to write', () => {
  const of = (
    sizeBytes: number,
    quotaBackendBytes: bigint | undefined,
    hasNoSpaceAlarm = false,
    sanitize = false,
  ) =>
    found(
      checkQuota,
      { discovery: { etcd: { quotaBackendBytes } } },
      { snapshot: { sizeBytes, hasNoSpaceAlarm }, plan: { sanitize } },
    );
  const gib = 1024 ** 3;
  assert.deepEqual(of(2 * gib - 1, undefined), []);
  assert.deepEqual(of(2 * gib, undefined), ['fail over-quota']);
  assert.deepEqual(of(2 * gib, 0n), ['fail over-quota']);
  assert.deepEqual(of(3 * gib, BigInt(8 * gib)), []);
  assert.deepEqual(of(1, undefined, true), ['fail alarm-nospace']);
  assert.deepEqual(of(1, undefined, true, true), []);
});

test('encrypted values', () => {
  const snapshot = {
    snapshot: { encrypted: [{ prefix: 'k8s:enc:aescbc:v1:key1:', resource: 'secrets', count: 3 }] },
  };
  const of = (readablePrefixes: unknown, input: object = snapshot) =>
    found(checkEncryption, { discovery: { apiServer: {} }, readablePrefixes }, input);
  assert.deepEqual(of(['k8s:enc:aescbc:v1:key2:', 'k8s:enc:aescbc:v1:key1:']), []);
  assert.deepEqual(of(['k8s:enc:aescbc:v1:key2:']), ['fail encryption-key-missing']);
  assert.deepEqual(of(undefined), ['fail encryption-key-missing']);
  assert.deepEqual(of({ problem: 'gone' }), ['fail encryption-config-unreadable']);
  assert.deepEqual(of(undefined, { snapshot: { encrypted: [] } }), []);
  assert.deepEqual(found(checkEncryption, {}, snapshot), [], 'no API server reads them here');
});

test('files that the kubelet would run besides', () => {
  const pod = (file: string, role: string) => ({ file: `/m/${file}`, role });
  const of = (...staticPods: object[]) =>
    found(checkManifests, { manifests: [{ file: '/m/etcd.yaml' }], discovery: { staticPods } });
  assert.deepEqual(of(pod('etcd.yaml', 'etcd'), pod('haproxy.yaml', 'other')), []);
  assert.deepEqual(of(pod('etcd.yaml', 'etcd'), pod('old.yaml', 'kube-scheduler'), pod('x', 'unreadable')), [
    'fail stray-manifest',
    'fail stray-manifest',
  ]);
});

test('a host where stopping can work', () => {
  const fine = { canFence: true, seesProcesses: true, dataDir: { content: undefined } };
  assert.deepEqual(found(checkPlace, fine), []);
  assert.deepEqual(found(checkPlace, { ...fine, canFence: false }), ['fail cannot-fence']);
  assert.deepEqual(found(checkPlace, { ...fine, seesProcesses: false }), ['fail processes-unseen']);
  assert.deepEqual(found(checkPlace, { ...fine, dataDir: { content: { problem: 'x' } } }), [
    'warn old-data-unreadable',
  ]);
});

test('certificates', () => {
  const of = (notBeforeDays: number, notAfterDays: number, keyMatches?: boolean) => {
    const certificate = {
      certFile: '/pki/server.crt',
      use: 'etcd server',
      notBeforeMs: nowMs + notBeforeDays * dayMs,
      notAfterMs: nowMs + notAfterDays * dayMs,
      keyMatches,
    };
    return found(checkCertificates, { discovery: { certificates: [certificate] } });
  };
  assert.deepEqual(of(-1, 300, true), []);
  assert.deepEqual(of(-1, 300), []);
  assert.deepEqual(of(-1, 29), ['warn certificate-ends']);
  assert.deepEqual(of(-9, 0), ['fail certificate-expired']);
  assert.deepEqual(of(1, 300), ['fail certificate-not-yet']);
  assert.deepEqual(of(-1, 300, false), ['fail certificate-key']);
});

test('the checks of the snapshot itself', () => {
  const check = (name: string, status: string) => ({
    name,
    status,
    summary: 'x',
    findings: [],
    omittedFindings: 0,
  });
  const of = (...checks: object[]) =>
    snapshotFindings(checks as Parameters<typeof snapshotFindings>[0]).map(
      ({ severity, code }) => `${severity} ${code}`,
    );
  assert.deepEqual(of(check('digest', 'ok'), check('leases', 'warn')), [
    'warn snapshot-leases',
    'ok snapshot-sound',
  ]);
  assert.deepEqual(of(check('digest', 'fail'), check('members', 'warn')), [
    'fail snapshot-digest',
    'warn snapshot-members',
  ]);
});
