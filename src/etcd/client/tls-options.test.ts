import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createAuthority, createPki, issueCertificate } from '../../../test/support/pki.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { hasCode, utf8 } from '../../base/index.ts';
import { createSecureContext, type TlsOptions } from './tls-options.ts';

test('unusable TLS material is refused, naming the part', async (t) => {
  await using dir = await tempDir('pem');
  const pki = await createPki(dir.path);
  const other = await issueCertificate(await createAuthority(dir.path, 'other'), { name: 'foreign' });
  const caPem = readFileSync(pki.caFile);
  const certPem = readFileSync(pki.client.certFile);
  const keyPem = readFileSync(pki.client.keyFile);
  createSecureContext({ caPem, certPem, keyPem, minVersion: 'TLSv1.3' });

  const refused: readonly [name: string, options: TlsOptions, message: RegExp][] = [
    ['a CA that is no PEM', { caPem: utf8('hello') }, /^the CA certificate is not valid PEM$/],
    ['an empty CA', { caPem: new Uint8Array() }, /^the CA certificate is not valid PEM$/],
    [
      'a certificate cut off',
      { caPem, certPem: certPem.subarray(0, 200), keyPem },
      /^the client certificate is not valid PEM$/,
    ],
    ['a key that is a certificate', { caPem, certPem, keyPem: certPem }, /^the client key is not valid PEM$/],
    [
      'the key of another certificate',
      { caPem, certPem, keyPem: readFileSync(other.keyFile) },
      /^the client key does not belong to the client certificate$/,
    ],
    ['a certificate without a key', { caPem, certPem }, /^a client certificate was given without its key$/],
    ['a key without a certificate', { caPem, keyPem }, /^a client key was given without its certificate$/],
    [
      'an encrypted key',
      {
        caPem,
        certPem,
        keyPem: utf8('-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n'),
      },
      /^the client key is encrypted$/,
    ],
  ];
  for (const [name, options, message] of refused) {
    await t.test(name, () => {
      assert.throws(
        () => createSecureContext(options),
        (error) => {
          assert.ok(hasCode(error, 'TLS_OPTIONS_INVALID'));
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});
