import { readFile } from 'node:fs/promises';
import { fileError, HoldfastError } from '../../../base/index.ts';
import { type ApiClientOptions, type Kubeconfig, parseKubeconfig } from '../../../kubernetes/index.ts';

/**
 * How to reach the API server that one context of a kubeconfig names, the current one by default. Files that it names
 * are read now.
 *
 * Errors: FILE_NOT_FOUND, FILE_NOT_READABLE, CONFIG_FILE_INVALID, also for what is not supported: programs that give
 * credentials, passwords, proxies, a server that is not verified.
 */
export async function readKubeconfigFile(path: string, context?: string): Promise<ApiClientOptions> {
  const config = parseKubeconfig((await readBytes(path)).toString(), path, context);
  refuseUnsupported(config, path);
  const part = (data: Uint8Array | undefined, file: string | undefined) =>
    data ?? (file === undefined ? undefined : readBytes(file));
  const caPem = await part(config.caData, config.caFile);
  const certPem = await part(config.certData, config.certFile);
  const keyPem = await part(config.keyData, config.keyFile);
  const tokenBytes = config.tokenFile === undefined ? undefined : await readBytes(config.tokenFile);
  const token = config.token ?? tokenBytes?.toString().trim();
  return {
    server: config.server,
    ...(config.tlsServerName !== undefined && { serverName: config.tlsServerName }),
    ...(caPem && { caPem }),
    ...(certPem && { certPem }),
    ...(keyPem && { keyPem }),
    ...(token !== undefined && { token }),
  };
}

function refuseUnsupported(config: Kubeconfig, path: string): void {
  const proof = config.certData ?? config.certFile ?? config.token ?? config.tokenFile;
  // A certificate beside them does without them; a proxy is always in the way.
  const unsupported = config.unsupported.filter((field) => proof === undefined || field === 'proxy-url');
  if (config.insecureSkipTlsVerify) unsupported.push('insecure-skip-tls-verify');
  if (unsupported.length === 0) return;
  throw new HoldfastError(
    'CONFIG_FILE_INVALID',
    `${path}: context ${config.context} asks for ${unsupported.join(', ')}, which is not supported here`,
    {
      hint: 'Use a kubeconfig with a client certificate or a token, such as /etc/kubernetes/admin.conf.',
      details: { path },
    },
  );
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError(error, 'read', path);
  }
}
