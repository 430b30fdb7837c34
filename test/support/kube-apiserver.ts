import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiClientOptions, openApiClient } from '../../src/kubernetes/api/index.ts';
import type { KubeApiserver } from '../peers/index.ts';
import { logExcerpt } from './etcd-server.ts';
import { canListen, freePort } from './free-ports.ts';
import { type CertificateFiles, createAuthority, issueCertificate, type Pki } from './pki.ts';
import { type StartedProcess, startProcess } from './started-process.ts';

export interface KubeApiserverOptions {
  readonly program: KubeApiserver;
  /** Its own directory: certificates, keys, kubeconfig, log. Made when missing. */
  readonly directory: string;
  /** The etcd that it keeps its objects in; an `EtcdServer` is one. */
  readonly etcd: { readonly clientUrl: string; readonly tls?: Pki | undefined };
  /** `--etcd-prefix`; `/registry` by default, as its own. */
  readonly prefix?: string;
  /** Path of an EncryptionConfiguration. */
  readonly encryptionConfigFile?: string;
  /** `10.96.0.0/12` by default, as kubeadm's. */
  readonly serviceClusterIpRange?: string;
  readonly extraArgs?: readonly string[];
  readonly readyTimeoutMs?: number;
}

/** A running API server. Disposing stops it. */
export interface StartedKubeApiserver extends StartedProcess {
  readonly version: string;
  readonly url: string;
  /** Of a member of system:masters, who may do everything. */
  readonly kubeconfigFile: string;
  /** The same for `openApiClient`. */
  readonly admin: ApiClientOptions;
  readonly logFile: string;
  /** Any request, as the administrator; resolves with whatever it answers. */
  request(method: string, path: string, body?: ApiBody): Promise<ApiReply>;
  /** The most memory that it has held so far. */
  peakMemoryBytes(): Promise<number>;
}

export interface ApiBody {
  /** `application/json` for an object, `application/merge-patch+json` for a patch. */
  readonly type: string;
  readonly value: unknown;
}

export interface ApiReply {
  readonly status: number;
  /** JSON, parsed; a text that is none as it is. */
  readonly body: unknown;
}

/**
 * Starts a real kube-apiserver on the loopback address and resolves when it is ready. No other part of a control plane
 * runs: nothing makes pods, tokens or endpoints, nothing collects what has lost its owner. What admission needs of
 * those is off. A restored etcd keeps what the old cluster configured, webhooks too.
 *
 * It writes by itself: leases of its own, each ten seconds, and what every cluster has (priority classes, flow
 * schemas, system roles, namespaces) when it starts.
 *
 * Measured with v1.36.3 on two cores and the objects of shop-3.6: ready after 2 s, 290 MB resident.
 */
export async function startKubeApiserver(options: KubeApiserverOptions): Promise<StartedKubeApiserver> {
  const { directory, program } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const files = await makeCredentials(directory);
  const logFile = join(directory, 'kube-apiserver.log');
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const url = `https://127.0.0.1:${port}`;
    const admin = await adminClient(url, files);
    const child = await startProcess(program.path, serverArguments(options, files, port), { logFile });
    try {
      await ready(child, admin, logFile, options.readyTimeoutMs ?? 120_000);
    } catch (error) {
      await child.kill();
      // Somebody else took the port meanwhile.
      if (attempt < 5 && !(await canListen(port))) continue;
      throw error;
    }
    return Object.assign(child, {
      version: program.version,
      url,
      kubeconfigFile: await writeKubeconfig(directory, url, files),
      admin,
      logFile,
      request: (method: string, path: string, body?: ApiBody) => sendToApi(admin, method, path, body),
      peakMemoryBytes: () => peakMemoryBytes(child.pid),
    });
  }
}

interface Credentials {
  readonly caFile: string;
  readonly server: CertificateFiles;
  readonly admin: CertificateFiles;
  readonly tokenKeyFile: string;
  readonly tokenPublicKeyFile: string;
}

async function makeCredentials(directory: string): Promise<Credentials> {
  const authority = await createAuthority(directory, 'kubernetes-ca');
  const keys = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const tokenKeyFile = join(directory, 'sa.key');
  const tokenPublicKeyFile = join(directory, 'sa.pub');
  await writeFile(tokenKeyFile, keys.privateKey, { mode: 0o600 });
  await writeFile(tokenPublicKeyFile, keys.publicKey, { mode: 0o600 });
  return {
    caFile: authority.caFile,
    server: await issueCertificate(authority, {
      name: 'apiserver',
      hosts: ['localhost', '127.0.0.1', 'kubernetes.default.svc'],
    }),
    admin: await issueCertificate(authority, {
      name: 'admin',
      commonName: 'kubernetes-admin',
      organizations: ['system:masters'],
      usages: ['client'],
    }),
    tokenKeyFile,
    tokenPublicKeyFile,
  };
}

async function adminClient(url: string, { caFile, admin }: Credentials): Promise<ApiClientOptions> {
  const [caPem, certPem, keyPem] = await Promise.all(
    [caFile, admin.certFile, admin.keyFile].map((path) => readFile(path)),
  );
  return { server: url, caPem: caPem!, certPem: certPem!, keyPem: keyPem! };
}

function serverArguments(options: KubeApiserverOptions, files: Credentials, port: number): string[] {
  const { etcd, prefix, encryptionConfigFile, serviceClusterIpRange = '10.96.0.0/12' } = options;
  return [
    `--etcd-servers=${etcd.clientUrl}`,
    ...(etcd.tls === undefined
      ? []
      : [
          `--etcd-cafile=${etcd.tls.caFile}`,
          `--etcd-certfile=${etcd.tls.client.certFile}`,
          `--etcd-keyfile=${etcd.tls.client.keyFile}`,
        ]),
    ...(prefix === undefined ? [] : [`--etcd-prefix=${prefix}`]),
    ...(encryptionConfigFile === undefined ? [] : [`--encryption-provider-config=${encryptionConfigFile}`]),
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    // The endpoints of the service `kubernetes` may not be loopback addresses; nobody looks for them here.
    '--endpoint-reconciler-type=none',
    `--service-cluster-ip-range=${serviceClusterIpRange}`,
    `--client-ca-file=${files.caFile}`,
    `--tls-cert-file=${files.server.certFile}`,
    `--tls-private-key-file=${files.server.keyFile}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${files.tokenPublicKeyFile}`,
    `--service-account-signing-key-file=${files.tokenKeyFile}`,
    '--authorization-mode=RBAC',
    // It waits for service accounts that a controller would have made.
    '--disable-admission-plugins=ServiceAccount',
    '--allow-privileged=true',
    ...(options.extraArgs ?? []),
  ];
}

async function ready(
  child: StartedProcess,
  admin: ApiClientOptions,
  logFile: string,
  timeoutMs: number,
): Promise<void> {
  await using client = openApiClient(admin);
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const obstacle = await client.readyz().then(
      ({ ok, failed }) => (ok ? undefined : `not passed: ${failed.join(', ')}`),
      (error: unknown) => String(error),
    );
    if (obstacle === undefined && child.ended === undefined) return;
    if (child.ended !== undefined || performance.now() > deadline) {
      const what = child.ended === undefined ? `is not ready (${obstacle})` : `ended with ${child.ended}`;
      throw new Error(`kube-apiserver ${what}\n${await logExcerpt(logFile)}`);
    }
    await delay(100);
  }
}

async function writeKubeconfig(directory: string, url: string, files: Credentials): Promise<string> {
  const path = join(directory, 'admin.conf');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority': files.caFile } }],
    users: [
      {
        name: 'admin',
        user: { 'client-certificate': files.admin.certFile, 'client-key': files.admin.keyFile },
      },
    ],
  };
  // JSON is YAML.
  await writeFile(path, JSON.stringify(config, undefined, 2), { mode: 0o600 });
  return path;
}

async function peakMemoryBytes(pid: number): Promise<number> {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`the memory of process ${pid} is not known`);
  return Number(kilobytes) * 1024;
}

async function sendToApi(
  { server, caPem, certPem, keyPem }: ApiClientOptions,
  method: string,
  path: string,
  body: ApiBody | undefined,
): Promise<ApiReply> {
  const outgoing = request(new URL(path, server), {
    method,
    ca: Buffer.from(caPem!),
    cert: Buffer.from(certPem!),
    key: Buffer.from(keyPem!),
    headers: body === undefined ? {} : { 'content-type': body.type },
  });
  outgoing.end(body === undefined ? undefined : JSON.stringify(body.value));
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const answer = await text(response);
  const isJson = response.headers['content-type']?.startsWith('application/json') === true;
  return { status: response.statusCode!, body: isJson ? JSON.parse(answer) : answer };
}
