import { HoldfastError, isHoldfastError, waitUntil } from '../../../base/index.ts';
import {
  type ApiClient,
  type ApiClientOptions,
  openApiClient,
  parseKubeconfig,
} from '../../../kubernetes/index.ts';
import type { LocalHost } from '../../../hosts/index.ts';
import type { ApiServerInstallation } from '../../discover/index.ts';
import type { StepWork } from '../work/index.ts';

/**
 * Waits until the API server on this host says that it is ready. Without an administrator's kubeconfig it may not
 * tell us: then its answering at all has to do. Errors: TIMEOUT with what the last attempt said.
 */
export async function waitForApiServer(work: StepWork): Promise<void> {
  const { host, machine, plan, ctx } = work;
  if (host.apiServer === undefined) return;
  const options = await readApiClientOptions(machine, host.apiServer.url, host.apiServer.kubeconfig);
  if (options === undefined) {
    ctx.log.warn('no kubeconfig of an administrator: the API server is not asked whether it is ready', {
      host: host.host,
    });
    return;
  }
  await using client = openApiClient(options);
  await waitUntil(
    `the API server on ${host.host} is not ready`,
    async () => {
      const problem = await askReady(client, ctx.signal);
      return problem === undefined ? { done: undefined } : { waitingFor: problem };
    },
    { timeoutMs: plan.waitTimeoutMs, everyMs: 300 },
    ctx,
  );
}

/** This host's own API server, not the one behind a load balancer that a kubeconfig may name. */
export function apiServerUrl({ bindAddress, securePort }: ApiServerInstallation): string {
  const isEverywhere = bindAddress === undefined || bindAddress === '0.0.0.0' || bindAddress === '::';
  const address = isEverywhere ? '127.0.0.1' : bindAddress;
  return `https://${address.includes(':') ? `[${address}]` : address}:${securePort}`;
}

/** Whether it is ready at this moment; one that cannot be asked is not. */
export async function isApiServerReady(
  machine: LocalHost,
  apiServer: ApiServerInstallation | undefined,
  kubeconfig: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (apiServer === undefined) return false;
  const options = await readApiClientOptions(machine, apiServerUrl(apiServer), kubeconfig);
  if (options === undefined) return false;
  await using client = openApiClient(options);
  return (await askReady(client, signal)) === undefined;
}

async function askReady(client: ApiClient, signal: AbortSignal): Promise<string | undefined> {
  try {
    const health = await client.readyz({ signal, timeoutMs: 5000 });
    return health.ok ? undefined : `/readyz says ${health.httpStatus} ${health.failed.join(', ')}`;
  } catch (error) {
    if (!isHoldfastError(error) || error.code === 'INTERRUPTED') throw error;
    return error.message;
  }
}

/** Undefined when there is no kubeconfig, or one that names nothing to prove who we are. */
export async function readApiClientOptions(
  machine: LocalHost,
  url: string,
  kubeconfigPath: string | undefined,
): Promise<ApiClientOptions | undefined> {
  const text = kubeconfigPath === undefined ? undefined : await machine.readText(kubeconfigPath);
  if (text === undefined || kubeconfigPath === undefined) return undefined;
  const config = parseKubeconfig(text, kubeconfigPath);
  const bytes = async (data: Uint8Array | undefined, file: string | undefined) =>
    data ?? (file === undefined ? undefined : await machine.readBytes(file));
  const caPem = await bytes(config.caData, config.caFile);
  const certPem = await bytes(config.certData, config.certFile);
  const keyPem = await bytes(config.keyData, config.keyFile);
  if (config.unsupported.length > 0 && certPem === undefined && config.token === undefined) {
    throw new HoldfastError(
      'CONFIG_FILE_INVALID',
      `${kubeconfigPath}: it proves who you are by ${config.unsupported.join(', ')}, which is not supported`,
      { details: { path: kubeconfigPath } },
    );
  }
  return {
    server: url,
    serverName: new URL(config.server).hostname,
    ...(caPem && { caPem }),
    ...(certPem && { certPem }),
    ...(keyPem && { keyPem }),
    ...(config.token === undefined ? {} : { token: config.token }),
  };
}
