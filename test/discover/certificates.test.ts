/** Which client pair discovery takes, and what it says of certificates that do not hold. */
import assert from 'node:assert/strict';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext } from '../../src/base/index.ts';
import { discover, type Discovery } from '../../src/operations/discover/index.ts';
import { afterDays, type HostFixture, openHostFixture } from '../support/host-fixture.ts';

const pki = '/etc/kubernetes/pki';
const healthcheck = `${pki}/etcd/healthcheck-client.crt`;
const apiServers = `${pki}/apiserver-etcd-client.crt`;
const server = `${pki}/etcd/server.crt`;

function look(fixture: HostFixture, nowMs = Date.now()): Promise<Discovery> {
  const clock = { now: () => nowMs, monotonicMs: () => performance.now() };
  return discover({ root: fixture.root, offline: true }, operationContext({ clock }));
}

function told(discovery: Discovery): string[] {
  return discovery.findings.filter(({ severity }) => severity !== 'ok').map(({ code }) => code);
}

test('the report of a certificate: role, hosts, dates, key, authority, and which one is used', async () => {
  await using fixture = await openHostFixture('kubeadm-default');
  const { certificates } = await look(fixture);
  const byFile = new Map(certificates.map((use) => [use.certFile, use]));
  assert.deepEqual(
    certificates.map(({ role, certFile }) => `${role} ${certFile.slice(pki.length)}`),
    [
      'ca /etcd/ca.crt',
      'server /etcd/server.crt',
      'peer /etcd/peer.crt',
      'client /etcd/healthcheck-client.crt',
      'client /apiserver-etcd-client.crt',
    ],
  );
  const use = byFile.get(server)!;
  assert.deepEqual([...use.sans].sort(), ['10.0.0.1', '127.0.0.1', '::1', 'cp1', 'localhost']);
  assert.deepEqual(
    [use.keyMatches, use.isTrusted, use.isCa, use.serverAuth, use.clientAuth],
    [true, true, false, true, true],
  );
  assert.ok(use.daysLeft >= 364 && use.daysLeft <= 365, `${use.daysLeft}`);
  const client = byFile.get(healthcheck)!;
  assert.deepEqual([client.serverAuth, client.clientAuth, client.isChosen], [false, true, true]);
  assert.equal(certificates.filter(({ isChosen }) => isChosen).length, 1);
  assert.equal(byFile.get(`${pki}/etcd/ca.crt`)!.isCa, true);
});

test('a warning thirty days before the end, a failure after it', async () => {
  await using fixture = await openHostFixture('kubeadm-default');
  const dayMs = 24 * 3600_000;
  const end = (await look(fixture)).certificates.find(({ certFile }) => certFile === server)!.notAfterMs;
  assert.deepEqual(told(await look(fixture, end - 30.5 * dayMs)), []);
  const soon = await look(fixture, end - 29.5 * dayMs);
  assert.deepEqual(new Set(told(soon)), new Set(['certificate-expires-soon']));
  assert.match(soon.findings[0]!.message, /server\.crt\) expires on \d{4}-\d\d-\d\d, in 29 days$/);
  const after = await look(fixture, end + dayMs);
  assert.ok(
    after.findings.some(
      ({ severity, code, message }) =>
        severity === 'fail' && code === 'certificate-expired' && message.includes(server),
    ),
  );
});

test('an expired client is passed over, and the reason is told', async () => {
  await using fixture = await openHostFixture('kubeadm-default');
  await fixture.reissue(healthcheck, { notBefore: afterDays(-400), notAfter: afterDays(-3) });
  const found = await look(fixture);
  assert.equal(found.etcd?.certFile, apiServers);
  assert.equal(found.etcd.keyFile, apiServers.replace('.crt', '.key'));
  assert.match(found.evidence['etcd.certFile']!.where, /API server.*health check client, it has expired/);
  assert.deepEqual(told(found), ['certificate-expired']);
});

test('a certificate that is not for clients is no client', async () => {
  await using fixture = await openHostFixture('kubeadm-default');
  await fixture.reissue(healthcheck, { usages: ['server'] });
  await rm(join(fixture.root, apiServers));
  const found = await look(fixture);
  assert.equal(found.etcd?.certFile, server, 'the server pair, which is for clients, too');
  await fixture.reissue(server, { usages: ['server'] });
  const none = await look(fixture);
  assert.equal(none.evidence['etcd.certFile']!.reliability, 'guess');
  assert.ok(told(none).includes('client-pair-unsound'));
});

test('a key of another certificate is a failure, and that pair is passed over', async () => {
  await using fixture = await openHostFixture('kubeadm-default');
  const keyOf = (file: string) => join(fixture.root, file.replace('.crt', '.key'));
  await copyFile(keyOf(server), keyOf(healthcheck));
  const found = await look(fixture);
  assert.equal(found.etcd?.certFile, apiServers);
  assert.deepEqual(told(found), ['certificate-key-mismatch']);
});

test('an authority that did not sign the certificate is not trusted for it', async () => {
  await using fixture = await openHostFixture('kubeadm-default');
  await copyFile(join(fixture.root, pki, 'ca.crt'), join(fixture.root, pki, 'etcd/ca.crt'));
  const found = await look(fixture);
  assert.ok(told(found).includes('certificate-untrusted'));
});

test('of the URLs of a member one is taken that the certificate names', async () => {
  await using fixture = await openHostFixture('kubeadm-default');
  await fixture.reissue(server, { hosts: ['10.0.0.1'] });
  const found = await look(fixture);
  assert.deepEqual(found.etcd?.endpoints, ['https://10.0.0.1:2379']);
  assert.match(found.evidence['etcd.endpoints']!.where, /the certificate does not name 127\.0\.0\.1/);
  assert.deepEqual(told(found), []);
  await fixture.reissue(server, { hosts: ['other.example.org'] });
  const unnamed = await look(fixture);
  assert.deepEqual(unnamed.etcd?.endpoints, ['https://127.0.0.1:2379']);
  assert.deepEqual(told(unnamed), ['certificate-names-other-hosts']);
});

test('without any file of a certificate the configured paths are given, as a guess', async () => {
  await using fixture = await openHostFixture('kubeadm-default');
  await rm(join(fixture.root, pki), { recursive: true });
  const found = await look(fixture);
  assert.equal(found.etcd?.caFile, `${pki}/etcd/ca.crt`);
  assert.equal(found.etcd.certFile, apiServers);
  assert.equal(found.evidence['etcd.certFile']!.reliability, 'guess');
  assert.ok(told(found).includes('certificate-missing'));
});
