import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import {
  createAuthority,
  createPki,
  issueCertificate,
  issueExpiredCertificate,
} from '../../../test/support/pki.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { hasCode } from '../../base/index.ts';
import { daysLeft, describeCertificate, isIssuedBy, matchesKey } from './index.ts';

test('what a certificate says of itself', async () => {
  await using dir = await tempDir('certificates');
  const pki = await createPki(dir.path, ['cp1.test', '10.0.0.4', '::1', 'fe80::a:0:0:1']);
  const server = describeCertificate(await readFile(pki.server.certFile));
  assert.equal(server.subject, 'CN=server');
  assert.equal(server.commonName, 'server');
  assert.equal(server.issuer, 'CN=sandbox authority ca');
  assert.deepEqual(server.dnsNames, ['cp1.test']);
  assert.deepEqual(server.ipAddresses, ['10.0.0.4', '::1', 'fe80::a:0:0:1']);
  assert.deepEqual(
    [server.isCa, server.isSelfSigned, server.forServer, server.forClient, server.keyType],
    [false, false, true, true, 'EC prime256v1'],
  );
  assert.match(server.fingerprint, /^[0-9a-f]{64}$/);
  assert.equal(daysLeft(server, Date.now()), 8);
  const ca = describeCertificate(await readFile(pki.caFile, 'utf8'));
  assert.deepEqual([ca.isCa, ca.isSelfSigned, ca.forServer, ca.forClient], [true, true, true, true]);
  assert.equal(ca.subject, server.issuer);
  const clientOnly = await issueCertificate(pki.authority, { name: 'c', commonName: '', usages: ['client'] });
  const client = describeCertificate(await readFile(clientOnly.certFile));
  assert.deepEqual(
    [client.subject, client.commonName, client.forServer, client.forClient, client.dnsNames],
    ['', undefined, false, true, []],
  );
  const expired = await issueExpiredCertificate(pki.authority, { name: 'old' });
  assert.equal(daysLeft(describeCertificate(await readFile(expired.certFile)), Date.now()), -2);
});

test('which key belongs to a certificate, and who signed it', async () => {
  await using dir = await tempDir('certificates');
  const pki = await createPki(dir.path);
  // The same name, another key: only the signature tells them apart.
  await using elsewhere = await tempDir('certificates');
  const other = await createAuthority(elsewhere.path, 'ca');
  const [cert, key, otherKey, ca, otherCa] = await Promise.all(
    [pki.server.certFile, pki.server.keyFile, pki.client.keyFile, pki.caFile, other.caFile].map((file) =>
      readFile(file),
    ),
  );
  assert.deepEqual([matchesKey(cert!, key!), matchesKey(cert!, otherKey!)], [true, false]);
  assert.deepEqual(
    [isIssuedBy(cert!, ca!), isIssuedBy(cert!, otherCa!), isIssuedBy(cert!, cert!)],
    [true, false, false],
  );
  const bundle = `some words\n${String(otherCa)}\n${String(ca)}`;
  assert.ok(isIssuedBy(cert!, bundle));
});

test('what is no certificate or no usable key is one error', async () => {
  await using dir = await tempDir('certificates');
  const pki = await createPki(dir.path);
  const cert = await readFile(pki.server.certFile, 'utf8');
  const key = await readFile(pki.server.keyFile, 'utf8');
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
  });
  const bad: readonly (readonly [attempt: () => unknown, message: RegExp])[] = [
    [() => describeCertificate(''), /there is no PEM certificate/],
    [() => describeCertificate(key), /there is no PEM certificate/],
    [() => describeCertificate(cert.slice(0, 300)), /there is no PEM certificate/],
    [() => isIssuedBy(cert, cert + cert.replace(/\n[\w+/]{64}/, `\n${'A'.repeat(64)}`)), /cannot be decoded/],
    [() => matchesKey(cert, cert), /there is no PEM private key/],
    [() => matchesKey(cert, privateKey), /the private key is encrypted/],
    [() => isIssuedBy(cert, 'x'.repeat(5 << 20)), /far larger/],
  ];
  for (const [attempt, message] of bad) {
    assert.throws(
      attempt,
      (error) => hasCode(error, 'CERTIFICATE_INVALID') && message.test(error.message),
      String(message),
    );
  }
});
