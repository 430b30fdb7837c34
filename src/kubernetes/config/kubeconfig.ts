import { posix } from 'node:path';
import { FieldReader, type Located, type YamlMap } from '../yaml/index.ts';

/** What one context of a kubeconfig means. Data is decoded; paths of files are made absolute. */
export interface Kubeconfig {
  readonly context: string;
  readonly server: string;
  readonly tlsServerName?: string;
  readonly insecureSkipTlsVerify: boolean;
  /** PEM; where a field has both data and a file, the data counts. */
  readonly caData?: Uint8Array;
  readonly caFile?: string;
  readonly certData?: Uint8Array;
  readonly certFile?: string;
  readonly keyData?: Uint8Array;
  readonly keyFile?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  /** What it asks for that is not supported here: `exec`, `auth-provider`, `username`, `proxy-url`. */
  readonly unsupported: readonly string[];
}

/**
 * Reads one context of a kubeconfig, by default the current one.
 *
 * Errors: CONFIG_FILE_INVALID with file and line, never with a secret.
 * Source: Kubernetes 1.36 reference of kubeconfig (v1).
 */
export function parseKubeconfig(text: string, path: string, context?: string): Kubeconfig {
  const reader = new FieldReader(path);
  // The kind may be missing, as far as kubectl cares.
  const root = reader.parseObject(text, []);
  const name = context ?? reader.needText(root, 'current-context').value;
  const chosen = findNamed(reader, root, 'contexts', 'context', { value: name, line: 1 });
  const cluster = findNamed(reader, root, 'clusters', 'cluster', reader.needText(chosen, 'cluster'));
  const userName = reader.text(chosen, 'user');
  const user = userName && findNamed(reader, root, 'users', 'user', userName);
  const tlsServerName = reader.text(cluster, 'tls-server-name')?.value;
  return {
    context: name,
    server: reader.needText(cluster, 'server').value,
    insecureSkipTlsVerify: reader.boolean(cluster, 'insecure-skip-tls-verify'),
    ...(tlsServerName !== undefined && { tlsServerName }),
    ...material(reader, cluster, 'ca', 'certificate-authority'),
    ...(user && readUser(reader, user)),
    unsupported: [
      ...present(cluster, ['proxy-url']),
      ...(user ? present(user, ['exec', 'auth-provider', 'username']) : []),
    ],
  };
}

function readUser(reader: FieldReader, user: YamlMap): Partial<Kubeconfig> {
  const token = reader.text(user, 'token')?.value;
  const tokenFile = reader.text(user, 'tokenFile')?.value;
  return {
    ...material(reader, user, 'cert', 'client-certificate'),
    ...material(reader, user, 'key', 'client-key'),
    ...(token !== undefined && token !== '' && { token }),
    ...(tokenFile !== undefined && tokenFile !== '' && { tokenFile: absolute(reader, tokenFile) }),
  };
}

function findNamed(
  reader: FieldReader,
  root: YamlMap,
  list: string,
  field: string,
  name: Located<string>,
): YamlMap {
  const entry = reader.maps(root, list).find((item) => reader.text(item, 'name')?.value === name.value);
  if (entry === undefined) throw reader.invalid(name.line, `the ${field} ${name.value} is not in ${list}`);
  const map = reader.map(entry, field);
  if (map === undefined) throw reader.invalid(entry.line, `the ${field} ${name.value} is empty`);
  return map;
}

type Part = 'ca' | 'cert' | 'key';

function material(reader: FieldReader, map: YamlMap, part: Part, field: string): Partial<Kubeconfig> {
  const data = reader.text(map, `${field}-data`);
  if (data !== undefined && data.value !== '') {
    const compact = data.value.replace(/\s/g, '');
    if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) {
      throw reader.invalid(data.line, `${field}-data is not base64`);
    }
    return { [`${part}Data`]: Uint8Array.from(Buffer.from(compact, 'base64')) };
  }
  const file = reader.text(map, field)?.value;
  return file === undefined || file === '' ? {} : { [`${part}File`]: absolute(reader, file) };
}

function absolute(reader: FieldReader, file: string): string {
  return posix.resolve(posix.dirname(reader.path), file);
}

function present(map: YamlMap, fields: readonly string[]): readonly string[] {
  return fields.filter((field) => {
    const node = map.entries.get(field);
    return node !== undefined && (node.kind !== 'scalar' || (!node.isNull && node.text !== ''));
  });
}
