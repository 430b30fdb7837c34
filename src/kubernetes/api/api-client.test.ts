import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import test from 'node:test';
import { freePort } from '../../../test/support/free-ports.ts';
import {
  type CertificateFiles,
  createAuthority,
  createPki,
  issueCertificate,
  issueExpiredCertificate,
  type Pki,
} from '../../../test/support/pki.ts';
import { type TempDir, tempDir } from '../../../test/support/temp-dir.ts';
import { type ErrorCode, hasCode } from '../../base/index.ts';
import { type ApiClientOptions, openApiClient } from './index.ts';

interface Fixture extends AsyncDisposable {
  readonly pki: Pki;
  readonly url: string;
  readonly requests: IncomingMessage[];
  readonly options: ApiClientOptions;
}

/** A real HTTPS server with mutual TLS in the API server's place. */
async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  certificate?: (pki: Pki) => Promise<CertificateFiles>,
): Promise<Fixture> {
  const dir: TempDir = await tempDir('api');
  const pki = await createPki(dir.path);
  const files = (await certificate?.(pki)) ?? pki.server;
  const requests: IncomingMessage[] = [];
  const [cert, key, ca, certPem, keyPem] = await Promise.all(
    [files.certFile, files.keyFile, pki.caFile, pki.client.certFile, pki.client.keyFile].map((file) =>
      readFile(file),
    ),
  );
  const server = createServer(
    { cert: cert!, key: key!, ca: ca!, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      requests.push(request);
      answer(request, response);
    },
  );
  const url = `https://127.0.0.1:${await listen(server)}`;
  return {
    pki,
    url,
    requests,
    options: { server: url, caPem: ca!, certPem: certPem!, keyPem: keyPem! },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await dir[Symbol.asyncDispose]();
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const sendJson = (response: ServerResponse, value: unknown, httpStatus = 200) =>
  response.writeHead(httpStatus, { 'content-type': 'application/json' }).end(JSON.stringify(value));

test('health, version and objects', async () => {
  const status = (code: number, reason: string, details: object) => ({
    kind: 'Status',
    code,
    reason,
    message: `${reason}!`,
    details,
  });
  await using fixture = await serve((request, response) => {
    switch (request.url) {
      case '/base/readyz':
        return void response
          .writeHead(500)
          .end('[+]ping ok\n[-]etcd failed: reason withheld\n[-]informer-sync failed\nreadyz check failed\n');
      case '/base/livez':
        return void response.end('ok');
      case '/base/version':
        return void sendJson(response, { major: '1', minor: '36+', gitVersion: 'v1.36.2' });
      case '/base/api/v1/namespaces/kube-system':
        return void sendJson(response, { kind: 'Namespace', metadata: { uid: 'u-1' } });
      case '/base/api/v1/namespaces/none':
        return void sendJson(response, status(404, 'NotFound', { name: 'none', kind: 'namespaces' }), 404);
      default:
        return void sendJson(response, status(404, 'NotFound', {}), 404);
    }
  });
  await using client = openApiClient({ ...fixture.options, server: `${fixture.url}/base/`, token: 'tok' });
  assert.deepEqual(await client.readyz(), { ok: false, httpStatus: 500, failed: ['etcd', 'informer-sync'] });
  assert.deepEqual(await client.livez(), { ok: true, httpStatus: 200, failed: [] });
  assert.deepEqual(await client.version(), { gitVersion: 'v1.36.2', major: '1', minor: '36+' });
  assert.deepEqual((await client.get('/api/v1/namespaces/kube-system'))!['metadata'], { uid: 'u-1' });
  assert.equal(await client.get('/api/v1/namespaces/none'), undefined);
  await fails(client.get('/apis/none/v1/x'), 'API_SERVER_ERROR', /404 NotFound!/, {
    httpStatus: 404,
    reason: 'NotFound',
  });
  assert.ok(fixture.requests.every(({ headers }) => headers.authorization === 'Bearer tok'));
});

test('a collection comes in pages, of metadata only if asked', async () => {
  const all = Array.from({ length: 7 }, (_, i) => ({ metadata: { name: `pod-${i}` } }));
  await using fixture = await serve((request, response) => {
    const query = new URL(request.url!, 'https://x').searchParams;
    const from = Number(query.get('continue') ?? 0);
    const limit = Number(query.get('limit') ?? all.length);
    const end = from + limit;
    const more = end < all.length && { continue: String(end), remainingItemCount: all.length - end };
    sendJson(response, { metadata: { resourceVersion: '77', ...more }, items: all.slice(from, end) });
  });
  await using client = openApiClient(fixture.options);
  const first = await client.list('/api/v1/pods', {
    limit: 3,
    resourceVersion: '0',
    labelSelector: 'a=b,c!=d',
  });
  assert.deepEqual(
    [first.resourceVersion, first.continue, first.remainingItemCount, first.items.length],
    ['77', '3', 4, 3],
  );
  assert.equal(
    fixture.requests[0]!.url,
    '/api/v1/pods?limit=3&resourceVersion=0&labelSelector=a%3Db%2Cc%21%3Dd',
  );
  const names: unknown[] = [];
  const options = {
    limit: 3,
    resourceVersion: '77',
    resourceVersionMatch: 'Exact',
    metadataOnly: true,
  } as const;
  for await (const page of client.pages('/api/v1/pods', options)) names.push(...page.items);
  assert.deepEqual(names, all);
  assert.deepEqual(
    fixture.requests.slice(1).map(({ url }) => url),
    [
      '/api/v1/pods?limit=3&resourceVersion=77&resourceVersionMatch=Exact',
      '/api/v1/pods?limit=3&continue=3',
      '/api/v1/pods?limit=3&continue=6',
    ],
  );
  assert.match(fixture.requests[1]!.headers.accept!, /as=PartialObjectMetadataList;v=v1;g=meta\.k8s\.io/);
  assert.equal((await client.list('/api/v1/pods')).continue, undefined);
});

test('answers that are none of an API server, or a refusal, are errors with a code', async () => {
  const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
    '/401': (response) =>
      sendJson(response, { kind: 'Status', reason: 'Unauthorized', message: 'Unauthorized' }, 401),
    '/403': (response) =>
      sendJson(response, { kind: 'Status', reason: 'Forbidden', message: 'pods is forbidden' }, 403),
    '/410': (response) => sendJson(response, { kind: 'Status', reason: 'Expired', message: 'too old' }, 410),
    '/500': (response) => response.writeHead(500).end('etcdserver: no leader'),
    '/302': (response) => response.writeHead(302, { location: '/version' }).end(),
    '/html': (response) => response.end('<html>secret-value</html>'),
    '/list': (response) => sendJson(response, { items: [1] }),
    '/null': (response) => response.end('null'),
    '/large': (response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(65_536, 'x')), 1);
      response.on('close', () => clearInterval(timer));
    },
    '/cut': (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"a":');
      setTimeout(() => response.destroy(), 20);
    },
  };
  await using fixture = await serve((request, response) => answers[request.url!]!(response));
  await using client = openApiClient({ ...fixture.options, maxBodyBytes: 1 << 20 });
  await fails(client.get('/401'), 'API_SERVER_DENIED', /401 Unauthorized/);
  await fails(client.list('/403'), 'API_SERVER_DENIED', /403 pods is forbidden/);
  await fails(client.list('/410'), 'API_SERVER_ERROR', /410 too old/, { httpStatus: 410, reason: 'Expired' });
  await fails(client.get('/500'), 'API_SERVER_ERROR', /status 500$/);
  await fails(client.get('/302'), 'API_RESPONSE_INVALID', /status 302/);
  await fails(client.get('/html'), 'API_RESPONSE_INVALID', /JSON object/);
  await fails(client.list('/list'), 'API_RESPONSE_INVALID', /no items/);
  await fails(client.get('/null'), 'API_RESPONSE_INVALID', /JSON object/);
  await fails(client.get('/large'), 'API_RESPONSE_INVALID', /larger than 1048576 bytes/);
  await fails(client.get('/cut'), 'API_SERVER_UNREACHABLE', /the connection broke/);
});

test('a server that does not answer, or stops in the middle, is left in time', async () => {
  await using fixture = await serve((request, response) => {
    if (request.url === '/half') response.writeHead(200).write('{');
  });
  await using client = openApiClient({ ...fixture.options, timeoutMs: 200 });
  await fails(client.get('/never'), 'TIMEOUT', /did not answer within 200 ms/);
  await fails(client.get('/half'), 'TIMEOUT', /did not answer within 200 ms/);
  const controller = new AbortController();
  const pending = client.get('/half', { signal: controller.signal, timeoutMs: 60_000 });
  setTimeout(() => controller.abort(), 50);
  await fails(pending, 'INTERRUPTED', /interrupted/);
  await fails(client.get('/x', { signal: AbortSignal.abort() }), 'INTERRUPTED', /interrupted/);
  const leaving = openApiClient(fixture.options);
  const left = fails(leaving.get('/never'), 'INTERRUPTED', /interrupted/);
  await leaving[Symbol.asyncDispose]();
  await left;
});

test('a server is believed only with the right certificate', async () => {
  await using fixture = await serve((_request, response) => response.end('ok'));
  const stranger = await createAuthority(fixture.pki.authority.directory, 'other');
  const foreign = await issueCertificate(stranger, { name: 'foreign' });
  const otherCa = await readFile(stranger.caFile);
  const { caPem, certPem, keyPem, server } = fixture.options;
  const readyz = (options: Partial<ApiClientOptions>) =>
    openApiClient({ ...fixture.options, ...options }).readyz();
  assert.equal((await readyz({ serverName: 'localhost' })).ok, true);
  await fails(readyz({ caPem: otherCa }), 'TLS_UNTRUSTED', /not signed by a trusted authority/);
  await fails(readyz({ serverName: 'cp1.test' }), 'TLS_NAME_MISMATCH', /does not name this host/);
  const rejected = { certPem: await readFile(foreign.certFile), keyPem: await readFile(foreign.keyFile) };
  for (const options of [
    { server, caPem: caPem! },
    { server, caPem: caPem!, ...rejected },
  ]) {
    await assert.rejects(openApiClient(options).readyz(), (error) => {
      // The server's alert may be overtaken by its reset.
      return hasCode(error, 'TLS_CLIENT_CERT_REJECTED') || hasCode(error, 'API_SERVER_UNREACHABLE');
    });
  }
  const wrong: readonly (readonly [options: Partial<ApiClientOptions>, code: ErrorCode])[] = [
    [{ certPem: rejected.certPem }, 'TLS_OPTIONS_INVALID'],
    [{ caPem: Buffer.from('hello') }, 'TLS_OPTIONS_INVALID'],
    [{ keyPem: certPem! }, 'TLS_OPTIONS_INVALID'],
    [{ certPem: keyPem! }, 'TLS_OPTIONS_INVALID'],
    [{ server: 'http://127.0.0.1' }, 'USAGE'],
    [{ server: '127.0.0.1:6443' }, 'USAGE'],
  ];
  for (const [options, code] of wrong) {
    assert.throws(
      () => openApiClient({ ...fixture.options, ...options }),
      (error) => hasCode(error, code),
    );
  }
  await using late = await serve(
    (_request, response) => response.end('ok'),
    (pki) => issueExpiredCertificate(pki.authority, { name: 'late', hosts: ['127.0.0.1'] }),
  );
  await fails(openApiClient(late.options).readyz(), 'TLS_CERT_EXPIRED', /not valid at this time/);
});

test('nothing there, plain text there, and something else there', async () => {
  await using fixture = await serve((_request, response) => response.end('ok'));
  const at = (port: number) =>
    openApiClient({ ...fixture.options, server: `https://127.0.0.1:${port}`, timeoutMs: 5000 });
  await fails(at(await freePort()).readyz(), 'API_SERVER_UNREACHABLE', /connection refused/);
  const plain = createHttpServer((_request, response) => response.end('ok'));
  const silent = createTcpServer((socket) => socket.destroy());
  try {
    await fails(at(await listen(plain)).readyz(), 'SERVER_SPEAKS_PLAINTEXT', /plain text/);
    await fails(at(await listen(silent)).readyz(), 'API_SERVER_UNREACHABLE', /cannot reach/);
  } finally {
    plain.close();
    silent.close();
  }
});

async function fails(
  work: Promise<unknown>,
  code: ErrorCode,
  message: RegExp,
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(hasCode(error, code), String(error));
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /secret-value|tok$/);
    for (const [name, value] of Object.entries(details)) assert.equal(error.details[name], value);
    return true;
  });
}

test('writes say whose they are, over one connection, and lose no digit', async () => {
  const bodies: string[] = [];
  await using fixture = await serve((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      bodies.push(body);
      const isNew = request.method === 'PATCH';
      const text = '{"kind":"Thing","size":9007199254740993}';
      response.writeHead(isNew ? 201 : 200, { 'content-type': 'application/json' }).end(text);
    });
  });
  await using client = openApiClient({ ...fixture.options, keepConnections: true });
  const applied = await client.apply('/api/v1/things/a', '{"a":1}', {
    fieldManager: 'me',
    dryRun: true,
    force: true,
  });
  assert.deepEqual(applied, { object: { kind: 'Thing', size: 9007199254740993n }, isNew: true });
  const replaced = await client.replace('/api/v1/things/a', '{"a":2}', { fieldManager: 'me' });
  assert.equal(replaced.isNew, false);
  assert.deepEqual(
    fixture.requests.map(({ method, url, headers }) => [method, url, headers['content-type']]),
    [
      [
        'PATCH',
        '/api/v1/things/a?fieldManager=me&fieldValidation=Strict&dryRun=All&force=true',
        'application/apply-patch+yaml',
      ],
      ['PUT', '/api/v1/things/a?fieldManager=me&fieldValidation=Strict', 'application/json'],
    ],
  );
  assert.deepEqual(bodies, ['{"a":1}', '{"a":2}']);
  assert.equal(new Set(fixture.requests.map(({ socket }) => socket)).size, 1);
});

test('a kept connection that the server has closed meanwhile is no failure', async () => {
  let count = 0;
  await using fixture = await serve((request, response) => {
    // The second request is read and never answered.
    if (++count === 2) request.socket.destroy();
    else sendJson(response, { kind: 'Thing' });
  });
  await using client = openApiClient({ ...fixture.options, keepConnections: true });
  await client.get('/api/v1/things/a');
  assert.deepEqual(await client.get('/api/v1/things/a'), { kind: 'Thing' });
  assert.equal(count, 3);
});
