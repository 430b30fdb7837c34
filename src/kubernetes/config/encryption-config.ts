import { parseGoDuration } from '../../base/index.ts';
import { FieldReader, type YamlMap, type YamlNode } from '../yaml/index.ts';

/** The API server's `--encryption-provider-config`: which resources it encrypts in etcd, and with what. */
export interface EncryptionConfig {
  /** In the order of the file; of entries that name the same resource the first counts. */
  readonly resources: readonly EncryptedResources[];
}

export interface EncryptedResources {
  /** `secrets`, `deployments.apps`, `*.apps`, `*.`, `*.*`. */
  readonly resources: readonly string[];
  /** The first one writes; all of them read. */
  readonly providers: readonly EncryptionProvider[];
}

export interface EncryptionProvider {
  readonly kind: 'aescbc' | 'aesgcm' | 'secretbox' | 'identity' | 'kms';
  /** Counted from 1. */
  readonly line: number;
  /** None of `identity` and `kms`. */
  readonly keys: readonly EncryptionKey[];
  readonly kms?: KmsProvider;
}

export interface KmsProvider {
  readonly apiVersion: 'v1' | 'v2';
  /** The plugin's name, which values carry. */
  readonly name: string;
  /** Its socket, as the API server sees it: `unix:///run/kms.sock`. */
  readonly endpoint: string;
  /** How long it may take to answer a call; 3 s unless it is set. */
  readonly timeoutMs: number;
}

export interface EncryptionKey {
  readonly name: string;
  readonly line: number;
  /** The key itself, a copy. A function, so that no printer shows it by accident. */
  readonly secret: () => Uint8Array;
}

/** Lengths that the API server takes, in bytes. */
const keySizes = { aescbc: [16, 24, 32], aesgcm: [16, 24, 32], secretbox: [32] } as const;

/**
 * Errors: CONFIG_FILE_INVALID with file and line, never with key material.
 * Source: Kubernetes 1.36 staging/src/k8s.io/apiserver/pkg/server/options/encryptionconfig and apis/apiserver/validation.
 */
export function parseEncryptionConfig(text: string, path: string): EncryptionConfig {
  const reader = new FieldReader(path);
  // The second one is its name before Kubernetes 1.13.
  const root = reader.parseObject(text, ['EncryptionConfiguration', 'EncryptionConfig']);
  const resources = reader.maps(root, 'resources').map((entry) => ({
    resources: reader.list(entry, 'resources').map((item) => reader.asText(item, 'a resource').value),
    providers: reader.maps(entry, 'providers').map((provider) => parseProvider(reader, provider)),
  }));
  return { resources };
}

/**
 * What stored values begin with that the API server can read: `k8s:enc:aescbc:v1:key1:`, `k8s:enc:kms:v2:name:`; the
 * empty text stands for values that are not encrypted.
 * @param resource as in the file (`secrets`, `deployments.apps`); absent: any resource at all
 */
export function readablePrefixes(config: EncryptionConfig, resource?: string): readonly string[] {
  const entries =
    resource === undefined
      ? config.resources
      : config.resources
          .filter(({ resources }) => resources.some((name) => covers(name, resource)))
          .slice(0, 1);
  // What no entry names is stored as it is.
  const isPlain = resource === undefined || entries.length === 0;
  const prefixes = entries.flatMap(({ providers }) => providers.flatMap(prefixesOf));
  return [...new Set(isPlain ? [...prefixes, ''] : prefixes)];
}

function prefixesOf({ kind, keys, kms }: EncryptionProvider): readonly string[] {
  if (kind === 'identity') return [''];
  if (kms !== undefined) return [`k8s:enc:kms:${kms.apiVersion}:${kms.name}:`];
  return keys.map(({ name }) => `k8s:enc:${kind}:v1:${name}:`);
}

/** Whether an entry of the list (`*.*`, `*.apps`, `*.`, `secrets`) means a resource. */
function covers(pattern: string, resource: string): boolean {
  if (pattern === '*.*' || pattern === resource) return true;
  const group = resource.includes('.') ? resource.slice(resource.indexOf('.') + 1) : '';
  return pattern.startsWith('*.') && pattern.slice(2) === group;
}

function parseProvider(reader: FieldReader, map: YamlMap): EncryptionProvider {
  const entries = [...map.entries];
  const [entry] = entries;
  if (entries.length !== 1 || entry === undefined) {
    throw reader.invalid(map.line, `a provider has ${entries.length} kinds, not one`);
  }
  const [kind, node] = entry;
  const { line } = map;
  switch (kind) {
    case 'identity':
      return { kind, line, keys: [] };
    case 'kms':
      return { kind, line, keys: [], kms: parseKms(reader, reader.asMap(node, kind)) };
    case 'aescbc':
    case 'aesgcm':
    case 'secretbox':
      return { kind, line, keys: parseKeys(reader, node, kind) };
    default:
      throw reader.invalid(line, 'a provider is of a kind that is not known');
  }
}

const defaultTimeoutMs = 3000;

function parseKms(reader: FieldReader, map: YamlMap): KmsProvider {
  const apiVersion = reader.text(map, 'apiVersion')?.value ?? 'v1';
  if (apiVersion !== 'v1' && apiVersion !== 'v2') {
    throw reader.invalid(map.line, 'the apiVersion of a kms provider is neither v1 nor v2');
  }
  const endpoint = reader.needText(map, 'endpoint').value;
  const timeout = reader.text(map, 'timeout');
  const timeoutMs = timeout === undefined ? defaultTimeoutMs : parseGoDuration(timeout.value);
  if (timeoutMs === undefined || timeoutMs <= 0)
    throw reader.invalid(
      timeout?.line ?? map.line,
      'the timeout of a kms provider is no duration above zero',
    );
  return { apiVersion, name: reader.needText(map, 'name').value, endpoint, timeoutMs };
}

function parseKeys(reader: FieldReader, node: YamlNode, kind: keyof typeof keySizes): EncryptionKey[] {
  const keys = reader.maps(reader.asMap(node, kind), 'keys');
  if (keys.length === 0) throw reader.invalid(node.line, `${kind} has no keys`);
  return keys.map((key) => {
    const name = reader.needText(key, 'name');
    const secret = reader.needText(key, 'secret');
    const bytes = decodeBase64(secret.value);
    const sizes: readonly number[] = keySizes[kind];
    if (bytes === undefined)
      throw reader.invalid(secret.line, `the secret of a key of ${kind} is not base64`);
    if (!sizes.includes(bytes.length)) {
      const wanted = sizes.join(' or ');
      throw reader.invalid(secret.line, `a key of ${kind} has ${bytes.length} bytes instead of ${wanted}`);
    }
    return { name: name.value, line: name.line, secret: () => Uint8Array.from(bytes) };
  });
}

function decodeBase64(text: string): Uint8Array | undefined {
  const compact = text.replace(/[\r\n]/g, '');
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return undefined;
  return Uint8Array.from(Buffer.from(compact, 'base64'));
}
