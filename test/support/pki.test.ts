import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { type AddressInfo } from 'node:net';
import { once } from 'node:events';
import test from 'node:test';
import { connect, createServer } from 'node:tls';
import {
  type CertificateFiles,
  createAuthority,
  createPki,
  issueCertificate,
  issueExpiredCertificate,
} from './pki.ts';
import { tempDir } from './temp-dir.ts';

test('the certificates are of the authority, for the hosts, and private to their owner', async () => {
  await using dir = await tempDir('pki');
  const pki = await createPki(dir.path, ['node-1.test', '127.0.0.1', '::1']);
  const ca = new X509Certificate(await readFile(pki.caFile));
  const server = new X509Certificate(await readFile(pki.server.certFile));
  assert.ok(ca.ca && ca.verify(ca.publicKey) && server.verify(ca.publicKey) && !server.ca);
  assert.equal(server.checkHost('node-1.test'), 'node-1.test');
  assert.equal(server.checkIP('127.0.0.1'), '127.0.0.1');
  assert.equal(server.checkHost('node-2.test'), undefined);
  for (const { certFile, keyFile } of [pki.server, pki.peer, pki.client]) {
    for (const file of [certFile, keyFile]) assert.equal((await stat(file)).mode & 0o777, 0o600, file);
  }
});

test('a server takes the client certificate, and neither an expired one nor one of another authority', async () => {
  await using dir = await tempDir('pki');
  const pki = await createPki(dir.path);
  const stranger = await createAuthority(dir.path, 'other-ca');
  const expired = await issueExpiredCertificate(pki.authority, { name: 'expired' });
  const foreign = await issueCertificate(stranger, { name: 'foreign' });
  assert.equal(await handshake(pki.server, pki.caFile, pki.client), 'accepted');
  assert.match(await handshake(pki.server, pki.caFile, expired), /CERT_HAS_EXPIRED/);
  assert.match(
    await handshake(pki.server, pki.caFile, foreign),
    /UNABLE_TO_GET_ISSUER_CERT|UNABLE_TO_VERIFY/,
  );
});

test('a client does not take the server of another authority', async () => {
  await using dir = await tempDir('pki');
  const pki = await createPki(dir.path);
  const stranger = await createAuthority(dir.path, 'other-ca');
  assert.match(await handshake(pki.server, stranger.caFile, pki.client, pki.caFile), /certificate/i);
});

test('an empty common name names nobody', async () => {
  await using dir = await tempDir('pki');
  const authority = await createAuthority(dir.path);
  const { certFile } = await issueCertificate(authority, { name: 'nobody', commonName: '' });
  assert.ok(!new X509Certificate(await readFile(certFile)).subject);
});

/** `accepted`, or what the refusing side says. */
async function handshake(
  server: CertificateFiles,
  clientTrusts: string,
  client: CertificateFiles,
  serverTrusts = clientTrusts,
): Promise<string> {
  const listener = createServer({
    ...(await material(server)),
    ca: await readFile(serverTrusts),
    requestCert: true,
    // Node would hang up without a word; this way the verdict can be told.
    rejectUnauthorized: false,
  });
  listener.on('secureConnection', (socket) => {
    socket.end(socket.authorized ? 'accepted' : String(socket.authorizationError));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  try {
    const { port } = listener.address() as AddressInfo;
    const socket = connect({
      ...(await material(client)),
      host: '127.0.0.1',
      port,
      ca: await readFile(clientTrusts),
    });
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return text;
  } catch (error) {
    return String(error);
  } finally {
    listener.close();
  }
}

async function material(files: CertificateFiles): Promise<{ cert: Buffer; key: Buffer }> {
  return { cert: await readFile(files.certFile), key: await readFile(files.keyFile) };
}
