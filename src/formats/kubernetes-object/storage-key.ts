/**
 * etcd keys of an API server: `<prefix>/<path>[/<namespace>]/<name>`. The path of a built-in resource is mostly its
 * plural name without its group; that of a custom resource is `<group>/<resource>`.
 *
 * Source: k8s.io/apiserver pkg/registry/generic/registry/store.go and pkg/server/storage/storage_factory.go (1.36.2);
 * k8s.io/apiextensions-apiserver pkg/apiserver (1.36.2) for custom resources.
 */
import { displayText } from '../../base/index.ts';
import { type ResourceOrigin, type StoredResource, storedResources } from './resource-table.ts';

/** What an API server stores under unless `--etcd-prefix` says otherwise. */
export const defaultStoragePrefix = '/registry';

/** Prefixes in use: upstream's, then those of OpenShift's two API servers. */
export const knownStoragePrefixes: readonly string[] = [
  defaultStoragePrefix,
  '/kubernetes.io',
  '/openshift.io',
];

export interface StorageKey {
  /** The storage prefix, with a leading slash and without a trailing one: `/registry`. */
  readonly prefix: string;
  /** What lies between prefix and namespace or name: `services/specs`, `example.com/widgets`. */
  readonly path: string;
  /** API group, empty for the core group. */
  readonly group: string;
  /** Plural name as in URLs: `nodes`, though they lie under `minions`. */
  readonly resource: string;
  /** Absent for cluster-scoped objects. */
  readonly namespace?: string;
  readonly name: string;
  /** `custom` for `<group>/<resource>`, `unknown` for a path that no table has. */
  readonly origin: ResourceOrigin | 'custom' | 'unknown';
  /** Known for resources of the table; a custom resource's kind is in its definition and in its value. */
  readonly kind?: string;
}

const byPath = new Map<string, StoredResource>();
for (const row of storedResources) if (!byPath.has(row.path)) byPath.set(row.path, row);

/** More segments than any path of the table and a namespace and a name have. */
const longestPath = 3;

/**
 * Takes a key apart. Without a prefix the known ones are tried. Undefined for a key that is not an object's: outside
 * the prefix, or without a name (`compact_rev_key`, `/registry/health`).
 */
export function parseStorageKey(key: string | Uint8Array, prefix?: string): StorageKey | undefined {
  const text = typeof key === 'string' ? key : displayText(key);
  if (prefix !== undefined) return parseBelow(text, normalPrefix(prefix));
  const found = knownStoragePrefixes.find((known) => text.startsWith(`${known}/`));
  return found === undefined ? undefined : parseBelow(text, found);
}

function parseBelow(text: string, prefix: string): StorageKey | undefined {
  if (!text.startsWith(`${prefix}/`)) return undefined;
  const parts = text.slice(prefix.length + 1).split('/');
  if (parts.some((part) => part === '')) return undefined;
  return parseKnown(prefix, parts) ?? parseCustom(prefix, parts) ?? parseUnknown(prefix, parts);
}

function parseKnown(prefix: string, parts: readonly string[]): StorageKey | undefined {
  for (let length = Math.min(longestPath, parts.length - 1); length > 0; length--) {
    const row = byPath.get(parts.slice(0, length).join('/'));
    const rest = parts.slice(length);
    if (row === undefined || rest.length !== (row.namespaced ? 2 : 1)) continue;
    const { path, group, resource, kind, origin } = row;
    return { prefix, path, group, resource, kind, origin, ...placeOf(rest) };
  }
  return undefined;
}

/** The group of a custom resource has a dot in it, which no built-in path's first segment has. */
function parseCustom(prefix: string, parts: readonly string[]): StorageKey | undefined {
  const [group, resource, ...rest] = parts;
  if (group === undefined || resource === undefined || !group.includes('.')) return undefined;
  if (rest.length !== 1 && rest.length !== 2) return undefined;
  return { prefix, path: `${group}/${resource}`, group, resource, origin: 'custom', ...placeOf(rest) };
}

function parseUnknown(prefix: string, parts: readonly string[]): StorageKey | undefined {
  const [resource, ...rest] = parts;
  if (resource === undefined || rest.length === 0 || rest.length > 2) return undefined;
  return { prefix, path: resource, group: '', resource, origin: 'unknown', ...placeOf(rest) };
}

function placeOf(rest: readonly string[]): { readonly namespace?: string; readonly name: string } {
  return rest.length === 1 ? { name: rest[0]! } : { namespace: rest[0]!, name: rest[1]! };
}

/** Which resource to find, and where. */
export interface StorageKeyParts {
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** The key of an object: the reverse of `parseStorageKey`. */
export function formatStorageKey(parts: StorageKeyParts, prefix: string = defaultStoragePrefix): string {
  const place = parts.namespace === undefined ? parts.name : `${parts.namespace}/${parts.name}`;
  return `${normalPrefix(prefix)}/${storagePath(parts.group, parts.resource)}/${place}`;
}

/** The path of a resource below the storage prefix: from the table, else `<group>/<resource>`. */
export function storagePath(group: string, resource: string): string {
  const row = storedResources.find((known) => known.group === group && known.resource === resource);
  if (row !== undefined) return row.path;
  return group === '' ? resource : `${group}/${resource}`;
}

/**
 * The storage prefixes that a set of keys was written under: of each `<prefix>/namespaces/<name>` the part before,
 * and the known ones under which anything lies. In the order of first sight.
 */
export function findStoragePrefixes(keys: Iterable<string | Uint8Array>): string[] {
  const found = new Set<string>();
  for (const key of keys) {
    const text = typeof key === 'string' ? key : displayText(key);
    const known = knownStoragePrefixes.find((prefix) => text.startsWith(`${prefix}/`));
    const prefix = known ?? /^(\/.+)\/namespaces\/[^/]+$/.exec(text)?.[1];
    if (prefix !== undefined) found.add(prefix);
  }
  return [...found];
}

const normalPrefixes: ReadonlySet<string> = new Set(knownStoragePrefixes);

/** etcd-prefix takes `registry`, `/registry` and `/registry/` for the same. */
function normalPrefix(prefix: string): string {
  // Asked with every key, nearly always with one that is normal already.
  if (normalPrefixes.has(prefix)) return prefix;
  const trimmed = prefix.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : `/${trimmed}`;
}
