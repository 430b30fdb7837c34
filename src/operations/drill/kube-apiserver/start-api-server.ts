import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError, isHoldfastError, type OperationContext, waitUntil } from '../../../base/index.ts';
import { canListen, freePort, type RunningService, startService } from '../../../hosts/index.ts';
import { type ApiClient, type ApiClientOptions, openApiClient } from '../../../kubernetes/index.ts';
import { type CertificateFiles, createAuthority, issueCertificate } from '../../demo/pki/index.ts';
import { lastWords, programEnvironment, type SandboxPki } from '../boot/index.ts';

export interface StartApiServerOptions {
  readonly program: string;
  readonly sandbox: string;
  readonly etcdUrl: string;
  readonly etcdPki: SandboxPki;
  /** `--etcd-prefix`. */
  readonly prefix: string;
  readonly encryptionConfigFile: string | undefined;
  readonly waitTimeoutMs: number;
}

/** An API server that is ready. Disposing stops it. */
export interface StartedApiServer extends AsyncDisposable {
  readonly client: ApiClient;
  /** `v1.36.2`. */
  readonly version: string;
}

const portAttempts = 5;

/**
 * Starts a kube-apiserver on an etcd and resolves when it is ready. It reaches nothing but this etcd: no webhook is
 * called, no aggregated API asked.
 *
 * Errors: API_SERVER_UNREACHABLE (it ended, with its last words), TIMEOUT, HOST_COMMAND_FAILED, INTERRUPTED.
 */
export async function startApiServer(
  options: StartApiServerOptions,
  ctx: OperationContext,
): Promise<StartedApiServer> {
  const files = await writeFiles(options.sandbox);
  const logFile = join(options.sandbox, 'kube-apiserver.log');
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const service = await startService([options.program, ...serverArguments(options, files, port)], {
      logFile,
      cwd: options.sandbox,
      env: { ...programEnvironment, HOME: options.sandbox },
    });
    try {
      return await whenReady({ service, logFile, port, files, options }, ctx);
    } catch (error) {
      await service.kill();
      // Somebody else took the port meanwhile.
      if (service.ended === undefined || attempt === portAttempts || (await canListen(port))) throw error;
    }
  }
}

interface Starting {
  readonly service: RunningService;
  readonly logFile: string;
  readonly port: number;
  readonly files: ApiServerFiles;
  readonly options: StartApiServerOptions;
}

async function whenReady(starting: Starting, ctx: OperationContext): Promise<StartedApiServer> {
  const { service, logFile, port, files, options } = starting;
  await using opened = new AsyncDisposableStack();
  const client = opened.use(openApiClient(await adminOptions(port, files, options.waitTimeoutMs)));
  await waitUntil(
    'the API server is not ready',
    async () => {
      if (service.ended !== undefined)
        throw new HoldfastError(
          'API_SERVER_UNREACHABLE',
          `kube-apiserver ended with ${service.ended}: ${await lastWords(logFile)}`,
          { hint: 'Keep the sandbox with --keep and read kube-apiserver.log.' },
        );
      return await look(client, ctx);
    },
    { timeoutMs: options.waitTimeoutMs, everyMs: 200 },
    ctx,
  );
  const { gitVersion } = await client.version({ signal: ctx.signal });
  const kept = opened.move();
  return {
    client,
    version: gitVersion,
    async [Symbol.asyncDispose]() {
      await kept.disposeAsync();
      await service.stop();
    },
  };
}

async function look(
  client: ApiClient,
  { signal }: OperationContext,
): Promise<{ readonly done: undefined } | { readonly waitingFor: string }> {
  try {
    const { ok, failed } = await client.readyz({ signal, timeoutMs: 5000 });
    return ok ? { done: undefined } : { waitingFor: `not passed: ${failed.join(', ')}` };
  } catch (error) {
    if (!isHoldfastError(error) || error.code === 'INTERRUPTED') throw error;
    return { waitingFor: error.message };
  }
}

interface ApiServerFiles {
  readonly caFile: string;
  readonly server: CertificateFiles;
  readonly admin: CertificateFiles;
  readonly tokenKeyFile: string;
  readonly tokenPublicKeyFile: string;
  readonly egressFile: string;
}

async function writeFiles(sandbox: string): Promise<ApiServerFiles> {
  const directory = join(sandbox, 'pki');
  const authority = await createAuthority(directory, 'kubernetes-ca');
  const keys = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const tokenKeyFile = join(directory, 'sa.key');
  const tokenPublicKeyFile = join(directory, 'sa.pub');
  const egressFile = join(sandbox, 'egress.json');
  await writeFile(tokenKeyFile, keys.privateKey, { mode: 0o600 });
  await writeFile(tokenPublicKeyFile, keys.publicKey, { mode: 0o600 });
  await writeFile(egressFile, JSON.stringify(egressToNowhere(sandbox)), { mode: 0o600 });
  return {
    caFile: authority.caFile,
    server: await issueCertificate(authority, { name: 'apiserver', hosts: ['localhost', '127.0.0.1'] }),
    admin: await issueCertificate(authority, {
      name: 'admin',
      commonName: 'holdfast-drill',
      organizations: ['system:masters'],
      usages: ['client'],
    }),
    tokenKeyFile,
    tokenPublicKeyFile,
    egressFile,
  };
}

/** What the backup configures (webhooks, aggregated APIs) leads into the old cluster: all of it ends at a socket that is not there. */
function egressToNowhere(sandbox: string): object {
  const transport = { uds: { udsName: join(sandbox, 'nowhere.sock') } };
  return {
    apiVersion: 'apiserver.k8s.io/v1beta1',
    kind: 'EgressSelectorConfiguration',
    egressSelections: ['cluster', 'controlplane'].map((name) => ({
      name,
      connection: { proxyProtocol: 'HTTPConnect', transport },
    })),
  };
}

async function adminOptions(
  port: number,
  { caFile, admin }: ApiServerFiles,
  timeoutMs: number,
): Promise<ApiClientOptions> {
  const [caPem, certPem, keyPem] = await Promise.all(
    [caFile, admin.certFile, admin.keyFile].map((path) => readFile(path)),
  );
  return {
    server: `https://127.0.0.1:${port}`,
    caPem: caPem!,
    certPem: certPem!,
    keyPem: keyPem!,
    timeoutMs,
    keepConnections: true,
  };
}

function serverArguments(options: StartApiServerOptions, files: ApiServerFiles, port: number): string[] {
  const { etcdUrl, etcdPki, prefix, encryptionConfigFile } = options;
  return [
    `--etcd-servers=${etcdUrl}`,
    `--etcd-cafile=${etcdPki.caFile}`,
    `--etcd-certfile=${etcdPki.client.certFile}`,
    `--etcd-keyfile=${etcdPki.client.keyFile}`,
    `--etcd-prefix=${prefix}`,
    ...(encryptionConfigFile === undefined ? [] : [`--encryption-provider-config=${encryptionConfigFile}`]),
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    // The endpoints of the service `kubernetes` may not be loopback addresses; nobody looks for them here.
    '--endpoint-reconciler-type=none',
    '--service-cluster-ip-range=10.96.0.0/12',
    `--client-ca-file=${files.caFile}`,
    `--tls-cert-file=${files.server.certFile}`,
    `--tls-private-key-file=${files.server.keyFile}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${files.tokenPublicKeyFile}`,
    `--service-account-signing-key-file=${files.tokenKeyFile}`,
    '--authorization-mode=RBAC',
    // The first waits for service accounts that a controller would have made; the others would call out.
    '--disable-admission-plugins=ServiceAccount,MutatingAdmissionWebhook,ValidatingAdmissionWebhook',
    `--egress-selector-config-file=${files.egressFile}`,
    '--allow-privileged=true',
  ];
}
