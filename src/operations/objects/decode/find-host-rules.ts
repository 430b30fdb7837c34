/** The EncryptionConfiguration that the API server of a host names. What is not there is a note, not a failure. */
import { isHoldfastError, type OperationContext } from '../../../base/index.ts';
import { buildEncryptionRules, type EncryptionRules } from '../../../formats/kubernetes-object/index.ts';
import { type LocalHost, openLocalHost } from '../../../hosts/index.ts';
import {
  containerPathToHost,
  type EncryptionConfig,
  findContainer,
  parseEncryptionConfig,
  parseStaticPod,
} from '../../../kubernetes/index.ts';
import type { ApiServerInstallation, Discovery } from '../../discover/index.ts';

/** Failures that end the command. */
const decides: readonly string[] = ['INTERRUPTED', 'DEFECT'];

/**
 * The rules of the configuration, with sockets of KMS plugins where the host has them. Undefined when the host's API
 * server names none that can be read. One sentence in either case.
 *
 * Errors: INTERRUPTED.
 */
export async function findHostRules(
  root: string,
  tell: (note: string) => void,
  ctx: Pick<OperationContext, 'signal' | 'clock' | 'log' | 'events'>,
): Promise<EncryptionRules | undefined> {
  const { discover } = await import('../../discover/index.ts');
  try {
    const discovery = await discover({ root, offline: true, allowNone: true }, ctx);
    const { apiServer } = discovery;
    const path = apiServer?.encryptionProviderConfig;
    if (apiServer === undefined || path === undefined) {
      tell(whyNone(discovery));
      return undefined;
    }
    const host = openLocalHost({ root });
    const config = await readConfig(host, path);
    if (config === undefined) {
      tell(`The encryption configuration ${path} (${originOf(discovery)}) does not exist.`);
      return undefined;
    }
    const rules = buildEncryptionRules(await placeSockets(config, host, apiServer));
    tell(`Using the encryption configuration ${path} (${originOf(discovery)}).`);
    return rules;
  } catch (error) {
    if (!isHoldfastError(error) || decides.includes(error.code)) throw error;
    tell(`The encryption configuration of this host cannot be read: ${error.message}.`);
    return undefined;
  }
}

function whyNone(discovery: Discovery): string {
  const { apiServer, evidence } = discovery;
  if (apiServer === undefined)
    return 'Objects are encrypted, and no API server was found on this host to name the encryption configuration.';
  const named = evidence['apiServer.encryptionProviderConfig'] !== undefined;
  return named
    ? `The encryption configuration (${originOf(discovery)}) is on no volume of this host.`
    : `Objects are encrypted, and the API server of this host (${placeOf(apiServer)}) names no encryption configuration.`;
}

function originOf({ apiServer, evidence }: Discovery): string {
  const { file, line, where } = evidence['apiServer.encryptionProviderConfig'] ?? {};
  if (file !== undefined) return line === undefined ? file : `${file}:${line}`;
  return where ?? placeOf(apiServer);
}

function placeOf(apiServer: ApiServerInstallation | undefined): string {
  return apiServer?.manifest ?? apiServer?.unit ?? `process ${apiServer?.pid ?? 'unknown'}`;
}

async function readConfig(host: LocalHost, path: string): Promise<EncryptionConfig | undefined> {
  const text = await host.readText(path);
  return text === undefined ? undefined : parseEncryptionConfig(text, path);
}

/** The API server sees sockets through the volumes of its pod, as it does files. */
async function placeSockets(
  config: EncryptionConfig,
  host: LocalHost,
  { manifest }: ApiServerInstallation,
): Promise<EncryptionConfig> {
  const hasPlugins = config.resources.some(({ providers }) => providers.some(({ kms }) => kms !== undefined));
  if (!hasPlugins) return config;
  const toHost = await pathMapping(host, manifest);
  const { parseSocketPath } = await import('../../../kms/index.ts');
  const place = async (endpoint: string) => {
    const path = socketOrUndefined(endpoint, parseSocketPath);
    // Names in the abstract namespace are no paths.
    if (path === undefined || path.startsWith('\0')) return endpoint;
    const onHost = toHost(path);
    if (onHost === undefined) return endpoint;
    return `unix://${(await host.realPath(onHost)).split('/').map(encodeURIComponent).join('/')}`;
  };
  const resources = config.resources.map(async (entry) => ({
    ...entry,
    providers: await Promise.all(
      entry.providers.map(async (provider) =>
        provider.kms === undefined
          ? provider
          : { ...provider, kms: { ...provider.kms, endpoint: await place(provider.kms.endpoint) } },
      ),
    ),
  }));
  return { resources: await Promise.all(resources) };
}

async function pathMapping(
  host: LocalHost,
  manifest: string | undefined,
): Promise<(path: string) => string | undefined> {
  const text = manifest === undefined ? undefined : await host.readText(manifest);
  if (text === undefined) return (path) => path;
  const pod = parseStaticPod(text, manifest!);
  const program = findContainer(pod, 'kube-apiserver');
  return (path) => (program === undefined ? undefined : containerPathToHost(pod, program.container, path));
}

/** What is no socket is told of the objects, when the plugin is to be asked. */
function socketOrUndefined(endpoint: string, parse: (endpoint: string) => string): string | undefined {
  try {
    return parse(endpoint);
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return undefined;
  }
}
