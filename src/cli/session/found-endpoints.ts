/** Endpoints for a command that was given none: those of the etcd on this host, else etcdctl's default. */
import { readFile } from 'node:fs/promises';
import { fileError, HoldfastError, isHoldfastError, type OperationContext } from '../../base/index.ts';
import type { EtcdClientOptions, TlsOptions } from '../../etcd/index.ts';
import type { Discovery, EtcdInstallation } from '../../operations/discover/index.ts';

/** Failures that end the command: there is an etcd, but not one that may be assumed. */
const decides: readonly string[] = ['ETCD_AMBIGUOUS', 'INTERRUPTED', 'DEFECT'];

export interface Surroundings {
  readonly root: string;
  readonly ctx: OperationContext;
  /** Tells the user where etcd was found. */
  readonly say: (line: string) => void;
}

export interface FoundEndpoints {
  readonly client: EtcdClientOptions;
  /** The etcd on this host that they are of, when there is one. */
  readonly etcd?: EtcdInstallation;
}

/**
 * The options with the endpoints of this host's etcd, and its certificates where none were given.
 * Errors: ETCD_AMBIGUOUS (guessing would be wrong half of the time), FILE_NOT_FOUND and FILE_NOT_READABLE for the
 * certificates, INTERRUPTED.
 */
export async function withFoundEndpoints(
  asked: EtcdClientOptions,
  { root, ctx, say }: Surroundings,
): Promise<FoundEndpoints> {
  const { discover } = await import('../../operations/discover/index.ts');
  let discovery: Discovery;
  try {
    discovery = await discover({ root, offline: true }, ctx);
  } catch (error) {
    if (!isHoldfastError(error) || decides.includes(error.code)) throw error;
    ctx.log.debug('no etcd found on this host', { reason: error.message });
    say(`${sentence(error.message)}; trying ${asked.endpoints.join(',')}.`);
    return { client: asked };
  }
  const { etcd } = discovery;
  if (etcd === undefined || etcd.endpoints.length === 0) return { client: asked };
  const isTls = etcd.endpoints.some((endpoint) => endpoint.startsWith('https:'));
  const found = isTls ? await readCertificates(etcd, asked.tls, root) : {};
  say(describe(discovery, etcd, found.certPem !== undefined));
  const tls = isTls ? { tls: { ...found, ...asked.tls } } : {};
  return { client: { ...asked, endpoints: etcd.endpoints, ...tls }, etcd };
}

function describe(
  { apiServer }: Discovery,
  { manifest, unit, configFile, pid, endpoints, certFile }: EtcdInstallation,
  usesPair: boolean,
): string {
  const place =
    manifest ?? unit ?? configFile ?? apiServer?.manifest ?? apiServer?.unit ?? `process ${pid ?? 'unknown'}`;
  const pair = usesPair && certFile !== undefined ? ` with the client certificate ${certFile}` : '';
  return `Using ${endpoints.join(',')} from ${place}${pair}.`;
}

/** Only what was not given. */
async function readCertificates(
  { caFile, certFile, keyFile }: EtcdInstallation,
  given: TlsOptions | undefined,
  root: string,
): Promise<TlsOptions> {
  const { openLocalHost } = await import('../../hosts/index.ts');
  const host = openLocalHost({ root });
  const read = async (path: string) => {
    try {
      return await readFile(await host.realPath(path));
    } catch (thrown) {
      const error = fileError(thrown, 'open', path);
      if (!isHoldfastError(error)) throw error;
      throw new HoldfastError(error.code, `${error.message} (it belongs to the etcd found on this host)`, {
        hint: 'Run as root, or give --endpoints, --cacert, --cert and --key.',
        details: error.details,
        cause: error,
      });
    }
  };
  const needsCa = given?.caPem === undefined && given?.insecureSkipVerify !== true && caFile !== undefined;
  const needsPair = given?.certPem === undefined && certFile !== undefined && keyFile !== undefined;
  return {
    ...(needsCa ? { caPem: await read(caFile) } : {}),
    ...(needsPair ? { certPem: await read(certFile), keyPem: await read(keyFile) } : {}),
  };
}

function sentence(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1);
}
