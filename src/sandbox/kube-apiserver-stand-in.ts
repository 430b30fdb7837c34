/**
 * A stand-in for kube-apiserver: it takes the real one's flags, ignores most, and behaves like it in what
 * a recovery of etcd can get wrong. It reaches etcd over mutual TLS; it keeps a watch cache from which lists are
 * served, which outlives a rewind of etcd; it is unready without etcd; it refreshes its own key under `masterleases`
 * in etcd, as whatever keeps running behind a recovery's back does. It checks client certificates and nothing else:
 * no authorization, no admission, no encryption, no watches.
 */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { parseArgs } from 'node:util';
import { type EtcdClient, openEtcdClient } from '../etcd/index.ts';
import { ApiRefusal, type ApiReply, type ApiStore, answer, WatchCache } from './api-server/index.ts';

const { values } = parseArgs({ strict: false });
const flag = (name: string, missing?: string): string => {
  const value = values[name] ?? missing;
  if (typeof value !== 'string') throw new Error(`--${name} is needed`);
  return value;
};
const log = (message: string) => process.stdout.write(`${new Date().toISOString()} ${message}\n`);
const maxBodyBytes = 2 * 1024 * 1024;
const prefix = flag('etcd-prefix', '/registry').replace(/\/$/, '');
const advertised = flag('advertise-address', '127.0.0.1');
const stopped = new AbortController();

const client = openEtcdClient({
  log: { debug: () => undefined, info: () => undefined, warn: (message) => log(`etcd client: ${message}`) },
  endpoints: flag('etcd-servers').split(','),
  tls: {
    caPem: readFileSync(flag('etcd-cafile')),
    certPem: readFileSync(flag('etcd-certfile')),
    keyPem: readFileSync(flag('etcd-keyfile')),
  },
});
const store: ApiStore = { client, prefix, cache: new WatchCache(client, `${prefix}/`, log) };

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const reply = await replyTo(request).catch(refusalOf);
  const isText = typeof reply.body === 'string';
  response.writeHead(reply.status, { 'content-type': isText ? 'text/plain' : 'application/json' });
  response.end(isText ? reply.body : JSON.stringify(reply.body));
}

async function replyTo(request: IncomingMessage): Promise<ApiReply> {
  const url = new URL(request.url ?? '/', 'https://stand-in');
  if (/^\/(livez|healthz)($|\/)/.test(url.pathname)) return { status: 200, body: 'ok' };
  if (url.pathname === '/readyz') return readiness(url.searchParams.has('verbose'));
  if (url.pathname === '/version') {
    return { status: 200, body: { major: '1', minor: '31', gitVersion: 'v1.31.4', platform: 'linux/amd64' } };
  }
  if (!(request.socket instanceof TLSSocket && request.socket.authorized)) {
    const message = `User "system:anonymous" cannot ${request.method ?? ''} path "${url.pathname}"`;
    throw new ApiRefusal(403, 'Forbidden', message);
  }
  const accept = request.headers.accept ?? '';
  return answer(store, { method: request.method ?? 'GET', url, accept, body: () => bodyOf(request) });
}

/** Asks etcd each time. */
async function readiness(verbose: boolean): Promise<ApiReply> {
  const etcd = await client.kv.range({ key: Buffer.from(`${prefix}/health`) }, { timeoutMs: 2000 }).then(
    () => true,
    () => false,
  );
  const checks = { ping: true, etcd, 'informer-sync': store.cache.revision !== undefined };
  const lines = Object.entries(checks).map(([name, ok]) =>
    ok ? `[+]${name} ok` : `[-]${name} failed: reason withheld`,
  );
  if (!Object.values(checks).every(Boolean))
    return { status: 500, body: `${lines.join('\n')}\nreadyz check failed\n` };
  return { status: 200, body: verbose ? `${lines.join('\n')}\nreadyz check passed\n` : 'ok' };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new ApiRefusal(413, 'RequestEntityTooLarge', 'the body is too large');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch (error) {
    throw new ApiRefusal(400, 'BadRequest', String(error));
  }
}

function refusalOf(error: unknown): ApiReply {
  const [code, reason] =
    error instanceof ApiRefusal ? [error.status, error.reason] : ([500, 'InternalError'] as const);
  const message = error instanceof Error ? error.message : String(error);
  if (code === 500) log(message);
  return {
    status: code,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code },
  };
}

/** The real one tells the others in this way that it is there, every 10 s for 15 s (pkg/controlplane/reconcilers). */
async function keepMasterLease(etcd: EtcdClient): Promise<void> {
  while (!stopped.signal.aborted) {
    await writeMasterLease(etcd).catch((error: unknown) => log(`masterleases: ${String(error)}`));
    await delay(10_000, undefined, { signal: stopped.signal }).catch(() => undefined);
  }
}

async function writeMasterLease(etcd: EtcdClient): Promise<void> {
  const { ID } = await etcd.lease.leaseGrant({ TTL: 15n });
  const endpoints = {
    kind: 'Endpoints',
    apiVersion: 'v1',
    metadata: {},
    subsets: [{ addresses: [{ ip: advertised }] }],
  };
  const key = Buffer.from(`${prefix}/masterleases/${advertised}`);
  await etcd.kv.put({ key, value: Buffer.from(JSON.stringify(endpoints)), lease: ID });
}

/** The real one listens on every address; this one on those that it is asked at, so that a test stays on its own. */
function serve(address: string): void {
  const server = createServer(
    {
      cert: readFileSync(flag('tls-cert-file')),
      key: readFileSync(flag('tls-private-key-file')),
      ca: readFileSync(flag('client-ca-file')),
      requestCert: true,
      rejectUnauthorized: false,
      // As the real one: a connection at rest is not closed under a client that is about to use it.
      keepAliveTimeout: 90_000,
    },
    (request, response) => void handle(request, response),
  );
  server.listen({ port: Number(flag('secure-port', '6443')), host: address });
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    log(`stopped by ${signal}`);
    stopped.abort();
    void client.close().finally(() => process.exit(0));
  });
}
for (const address of new Set([flag('bind-address', advertised), '127.0.0.1'])) serve(address);
log(`serving on port ${flag('secure-port', '6443')}`);
void store.cache.run(stopped.signal);
void keepMasterLease(client);
