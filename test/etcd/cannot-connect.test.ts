import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { test, type TestContext } from 'node:test';
import { type ErrorCode, hasCode } from '../../src/base/index.ts';
import { type EtcdClientOptions, openEtcdClient, type TlsOptions } from '../../src/etcd/index.ts';
import { peerLines, requirePeer } from '../peers/index.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { freePort } from '../support/free-ports.ts';
import {
  type CertificateFiles,
  createAuthority,
  createPki,
  issueCertificate,
  issueExpiredCertificate,
} from '../support/pki.ts';
import { tempDir } from '../support/temp-dir.ts';

interface Refusal {
  readonly name: string;
  readonly endpoints: readonly string[];
  readonly tls?: TlsOptions;
  readonly dialTimeoutMs?: number;
  readonly code: ErrorCode;
  readonly message: RegExp;
}

/** Of what is over by this limit alone. */
const silentMs = 3000;

/** Connecting fails with the right code and text, and before the limit of a command. */
async function refuses(t: TestContext, { name, code, message, ...options }: Refusal): Promise<void> {
  await t.test(name, async () => {
    const startedMs = performance.now();
    const limits = { dialTimeoutMs: 30_000, commandTimeoutMs: 90_000 };
    await assert.rejects(status({ ...limits, ...options }), (error) => {
      assert.ok(hasCode(error, code), `${String(error)} has the code ${code}`);
      assert.match(error.message, message);
      assert.equal(error.exitStatus, 5);
      assert.notEqual(error.hint, '');
      return true;
    });
    assert.ok(performance.now() - startedMs < limits.commandTimeoutMs, 'dialling has a limit of its own');
  });
}

async function status(options: EtcdClientOptions): Promise<string> {
  await using client = openEtcdClient(options);
  return (await client.maintenance.status({})).version;
}

function withCertificate(caFile: string, { certFile, keyFile }: CertificateFiles): TlsOptions {
  return { caPem: readFileSync(caFile), certPem: readFileSync(certFile), keyPem: readFileSync(keyFile) };
}

for (const line of peerLines) {
  test(`TLS and plain text, etcd ${line}`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    await using dir = await tempDir('tls');
    const pki = await createPki(`${dir.path}/pki`);
    const other = await createAuthority(`${dir.path}/pki`, 'other');
    const expired = await issueExpiredCertificate(pki.authority, { name: 'expired' });
    const foreign = await issueCertificate(other, { name: 'foreign' });
    await using secure = await startEtcd({ peer, dataDir: `${dir.path}/secure`, tls: pki });
    await using plain = await startEtcd({ peer, dataDir: `${dir.path}/plain` });
    await Promise.all([secure.ready(), plain.ready()]);
    const good = withCertificate(pki.caFile, pki.client);
    const tlsAddress = `127.0.0.1:${secure.ports.client}`;
    const plainAddress = `127.0.0.1:${plain.ports.client}`;
    const tlsEndpoint = [`https://${tlsAddress}`];

    await t.test('the right certificates, in every spelling of the endpoint', async () => {
      for (const endpoint of [
        tlsAddress,
        `https://${tlsAddress}`,
        `https://localhost:${secure.ports.client}`,
      ]) {
        assert.equal(await status({ endpoints: [endpoint], tls: good }), peer.version);
      }
      for (const endpoint of [plainAddress, `http://${plainAddress}`]) {
        assert.equal(await status({ endpoints: [endpoint] }), peer.version);
      }
      assert.equal(
        await status({ endpoints: [`http://${plainAddress}`], tls: good }),
        peer.version,
        'http stays plain text',
      );
    });
    await t.test('no verification when asked for', async () => {
      const certificate = { certPem: good.certPem!, keyPem: good.keyPem! };
      const tls = { ...certificate, insecureSkipVerify: true };
      assert.equal(await status({ endpoints: tlsEndpoint, tls }), peer.version);
    });
    await t.test('a server name that the certificate carries', async () => {
      assert.equal(
        await status({ endpoints: tlsEndpoint, tls: { ...good, serverName: 'localhost' } }),
        peer.version,
      );
    });

    const refusals: readonly Refusal[] = [
      {
        name: 'the wrong CA',
        endpoints: tlsEndpoint,
        tls: { ...good, caPem: readFileSync(other.caFile) },
        code: 'TLS_UNTRUSTED',
        message: /not signed by a trusted authority$/,
      },
      {
        name: 'no CA',
        endpoints: tlsEndpoint,
        tls: {},
        code: 'TLS_UNTRUSTED',
        message: /not signed by a trusted authority$/,
      },
      {
        name: 'another name than the certificate carries',
        endpoints: tlsEndpoint,
        tls: { ...good, serverName: 'other.example' },
        code: 'TLS_NAME_MISMATCH',
        message: /is not for this host: it names DNS:localhost/,
      },
      {
        name: 'no client certificate',
        endpoints: tlsEndpoint,
        tls: { caPem: good.caPem! },
        code: 'TLS_CLIENT_CERT_REJECTED',
        message: /demands a client certificate and none was given$/,
      },
      {
        name: 'an expired client certificate',
        endpoints: tlsEndpoint,
        tls: withCertificate(pki.caFile, expired),
        code: 'TLS_CLIENT_CERT_REJECTED',
        message: /does not accept the client certificate: it expired at 20/,
      },
      {
        name: 'a client certificate of another CA',
        endpoints: tlsEndpoint,
        tls: withCertificate(pki.caFile, foreign),
        code: 'TLS_CLIENT_CERT_REJECTED',
        message: /does not accept the client certificate: (unknown ca|bad certificate)$/,
      },
      {
        name: 'plain text to a TLS port',
        endpoints: [`http://${tlsAddress}`],
        code: 'SERVER_REQUIRES_TLS',
        message: /expects TLS, plain text was sent$/,
      },
      {
        name: 'TLS to a plain text port',
        endpoints: [`https://${plainAddress}`],
        tls: good,
        code: 'SERVER_SPEAKS_PLAINTEXT',
        message: /speaks plain text, not TLS$/,
      },
    ];
    for (const refusal of refusals) await refuses(t, refusal);
  });
}

test('a server whose certificate has expired', async (t) => {
  await using dir = await tempDir('tls');
  const pki = await createPki(`${dir.path}/pki`);
  const files = await issueExpiredCertificate(pki.authority, { name: 'old', hosts: ['127.0.0.1'] });
  const server = tls.createServer({ cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await refuses(t, {
      name: 'is not believed',
      endpoints: [`127.0.0.1:${(server.address() as net.AddressInfo).port}`],
      tls: { caPem: readFileSync(pki.caFile) },
      code: 'TLS_CERT_EXPIRED',
      message: /has expired$/,
    });
  } finally {
    server.close();
  }
});

test('nobody there', async (t) => {
  await refuses(t, {
    name: 'nothing listens',
    endpoints: [`127.0.0.1:${await freePort()}`],
    code: 'ETCD_UNREACHABLE',
    message: /: connection refused$/,
  });
  await refuses(t, {
    name: 'a name that does not exist',
    endpoints: ['no-such-host.invalid:2379'],
    code: 'ETCD_UNREACHABLE',
    message: /: (no such host name|the name server does not answer)$/,
  });
});

test('a socket that never answers', async (t) => {
  const silent = net.createServer();
  const sockets = new Set<net.Socket>();
  silent.on('connection', (socket) => sockets.add(socket.on('error', () => undefined)));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const endpoint = `127.0.0.1:${(silent.address() as net.AddressInfo).port}`;
  try {
    await refuses(t, {
      name: 'in plain text',
      endpoints: [endpoint],
      dialTimeoutMs: silentMs,
      code: 'ETCD_UNREACHABLE',
      message: /connected, but no HTTP\/2 answer within 3000 ms$/,
    });
    await refuses(t, {
      name: 'over TLS',
      endpoints: [endpoint],
      tls: {},
      dialTimeoutMs: silentMs,
      code: 'ETCD_UNREACHABLE',
      message: /connected, but no answer to the TLS handshake within 3000 ms$/,
    });
    await t.test('does not hold up whoever gives up', async () => {
      const client = openEtcdClient({ endpoints: [endpoint], dialTimeoutMs: 60_000 });
      const asking = client.maintenance.status({});
      const rejected = assert.rejects(asking, (error) => hasCode(error, 'INTERRUPTED'));
      await once(silent, 'connection');
      await client.close();
      await rejected;
    });
  } finally {
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
});

test('an HTTP/1 server is not etcd', async (t) => {
  const web = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'));
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  const address = `127.0.0.1:${(web.address() as net.AddressInfo).port}`;
  try {
    await refuses(t, {
      name: 'in plain text',
      endpoints: [address],
      code: 'ETCD_UNREACHABLE',
      message: /cannot reach/,
    });
    await refuses(t, {
      name: 'over TLS',
      endpoints: [address],
      tls: {},
      code: 'SERVER_SPEAKS_PLAINTEXT',
      message: /speaks plain text/,
    });
  } finally {
    web.close();
  }
});
