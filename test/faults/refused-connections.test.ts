/** What the program says, and how soon, when a real etcd cannot be reached or does not let it in. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ErrorCode } from '../../src/base/index.ts';
import { requirePeer } from '../peers/index.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { etcdctl } from '../support/etcdctl.ts';
import { freePort } from '../support/free-ports.ts';
import { createAuthority, createPki, issueCertificate, issueExpiredCertificate } from '../support/pki.ts';
import { tempDir } from '../support/temp-dir.ts';
import { expectFailure, expectJsonFailure } from './expect-failure.ts';
import { runHoldfastProcess } from './holdfast-process.ts';

interface Refusal {
  readonly flags: readonly string[];
  readonly code: ErrorCode;
  readonly exitStatus: number;
  readonly message: RegExp;
  /** The hint of the code unless given. */
  readonly hint?: RegExp;
}

test('a connection that is refused', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('refused');
  const pki = await createPki(join(dir.path, 'pki'));
  const other = await createAuthority(join(dir.path, 'pki'), 'other');
  const expired = await issueExpiredCertificate(pki.authority, { name: 'expired' });
  const foreign = await issueCertificate(other, { name: 'foreign' });
  await using secure = await startEtcd({ peer, dataDir: join(dir.path, 'secure'), tls: pki });
  await using plain = await startEtcd({ peer, dataDir: join(dir.path, 'plain') });
  await Promise.all([secure.ready(), plain.ready()]);
  await etcdctl(plain, ['user', 'add', 'root:secret']);
  await etcdctl(plain, ['user', 'add', 'reader:secret']);
  await etcdctl(plain, ['user', 'grant-role', 'root', 'root']);
  await etcdctl(plain, ['auth', 'enable']);
  await using silent = await startSilentServer();
  const out = join(dir.path, 'out');
  await mkdir(out);
  const notPem = join(dir.path, 'not.pem');
  await writeFile(notPem, 'no certificate');

  const [secureUrl, plainUrl] = [secure.clientUrl, plain.clientUrl];
  const ca = `--cacert=${pki.caFile}`;
  const certificate = ({ certFile, keyFile } = pki.client) => [`--cert=${certFile}`, `--key=${keyFile}`];
  const withTls = (...flags: string[]) => [`--endpoints=${secureUrl}`, ...flags];
  const withUser = (user: string) => [`--endpoints=${plainUrl}`, `--user=${user}`];

  const refusals: Readonly<Record<string, Refusal>> = {
    'the wrong CA': {
      flags: withTls(`--cacert=${other.caFile}`, ...certificate()),
      code: 'TLS_UNTRUSTED',
      exitStatus: 5,
      message: /is not signed by a trusted authority$/,
    },
    'no CA': {
      flags: withTls(...certificate()),
      code: 'TLS_UNTRUSTED',
      exitStatus: 5,
      message: /is not signed by a trusted authority$/,
    },
    'an expired client certificate': {
      flags: withTls(ca, ...certificate(expired)),
      code: 'TLS_CLIENT_CERT_REJECTED',
      exitStatus: 5,
      message: /does not accept the client certificate: it expired at \d{4}-/,
    },
    'a client certificate of another CA': {
      flags: withTls(ca, ...certificate(foreign)),
      code: 'TLS_CLIENT_CERT_REJECTED',
      exitStatus: 5,
      message: /does not accept the client certificate/,
    },
    'no client certificate': {
      flags: withTls(ca),
      code: 'TLS_CLIENT_CERT_REJECTED',
      exitStatus: 5,
      message: /demands a client certificate and none was given$/,
    },
    'plain text to a TLS port': {
      flags: [`--endpoints=${secureUrl.replace('https:', 'http:')}`],
      code: 'SERVER_REQUIRES_TLS',
      exitStatus: 5,
      message: /expects TLS, plain text was sent$/,
    },
    'neither a scheme nor certificates for a TLS port': {
      flags: [`--endpoints=${secureUrl.replace('https://', '')}`],
      code: 'SERVER_REQUIRES_TLS',
      exitStatus: 5,
      message: /expects TLS, plain text was sent$/,
    },
    'TLS to a port that speaks plain text': {
      flags: [`--endpoints=${plainUrl.replace('http:', 'https:')}`, ca, ...certificate()],
      code: 'SERVER_SPEAKS_PLAINTEXT',
      exitStatus: 5,
      message: /speaks plain text, not TLS$/,
    },
    'authentication without a user': {
      flags: [`--endpoints=${plainUrl}`],
      code: 'AUTH_REQUIRED',
      exitStatus: 4,
      message: /user name is empty$/,
    },
    'the wrong password': {
      flags: withUser('root:wrong'),
      code: 'AUTH_FAILED',
      exitStatus: 4,
      message: /authentication failed, invalid user ID or password$/,
    },
    'an unknown user': {
      flags: withUser('nobody:secret'),
      code: 'AUTH_FAILED',
      exitStatus: 4,
      message: /authentication failed, invalid user ID or password$/,
    },
    'a user who may not save': {
      flags: withUser('reader:secret'),
      code: 'PERMISSION_DENIED',
      exitStatus: 4,
      message: /permission denied$/,
    },
    'nothing that listens': {
      flags: [`--endpoints=127.0.0.1:${await freePort()}`],
      code: 'ETCD_UNREACHABLE',
      exitStatus: 5,
      message: /: connection refused$/,
    },
    'a host that takes connections and says nothing': {
      flags: [`--endpoints=127.0.0.1:${silent.port}`, '--dial-timeout=3s'],
      code: 'ETCD_UNREACHABLE',
      exitStatus: 5,
      message: /connected, but no HTTP\/2 answer within 3000 ms$/,
    },
    'the same over TLS': {
      flags: [`--endpoints=https://127.0.0.1:${silent.port}`, ca, '--dial-timeout=3s'],
      code: 'ETCD_UNREACHABLE',
      exitStatus: 5,
      message: /no answer to the TLS handshake within 3000 ms$/,
    },
    'a CA file that is none': {
      flags: withTls(`--cacert=${notPem}`, ...certificate()),
      code: 'TLS_OPTIONS_INVALID',
      exitStatus: 2,
      message: /the CA certificate is not valid PEM$/,
    },
    'a CA file that is missing': {
      flags: withTls(`--cacert=${join(dir.path, 'missing.crt')}`),
      code: 'FILE_NOT_FOUND',
      exitStatus: 2,
      message: /open .*missing\.crt: no such file or directory$/,
    },
    'a certificate without its key': {
      flags: withTls(ca, certificate()[0]!),
      code: 'USAGE',
      exitStatus: 2,
      message: /--cert and --key belong together$/,
      hint: /Give both files or neither\.$/,
    },
  };

  await runHoldfastProcess(['version']);
  for (const [name, refusal] of Object.entries(refusals)) {
    await t.test(name, async () => {
      const words = [...refusal.flags, 'snapshot', 'save', join(out, 's.db')];
      const result = await runHoldfastProcess(words);
      expectFailure(result, refusal);
      assert.equal(result.exitCode, refusal.exitStatus);
      assert.equal(result.stdout, '');
      // The limit for dialling is 3 s; the rest is the start of the program on a busy machine.
      assert.ok(result.tookMs < 20_000, `it took ${result.tookMs} ms`);
      expectJsonFailure(await runHoldfastProcess([...words, '-w', 'json']), refusal);
      assert.deepEqual(await readdir(out), []);
    });
  }

  await t.test('none of it with the right words', async () => {
    for (const flags of [withTls(ca, ...certificate()), withUser('root:secret')]) {
      const result = await runHoldfastProcess([...flags, 'snapshot', 'save', join(out, 's.db'), '--force']);
      assert.equal(result.exitCode, 0, result.stderr);
    }
  });
});

async function startSilentServer(): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
