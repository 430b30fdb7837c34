/** Which resources there may be: those of the table, and those that CustomResourceDefinitions in the source define. */
import { HoldfastError, prefixEnd, utf8 } from '../../../base/index.ts';
import {
  type JsonObject,
  type JsonValue,
  type ResourceOrigin,
  storagePath,
  storedResources,
} from '../../../formats/kubernetes-object/index.ts';
import type { ObjectReader } from '../decode/index.ts';
import type { ObjectSource } from '../source/index.ts';

/** A resource that the source may hold, built in or defined by a CustomResourceDefinition in it. */
export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  /** Plural name: `deployments`. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Below the storage prefix: `services/specs`. */
  readonly path: string;
  readonly origin: ResourceOrigin | 'custom';
  /** Of a custom resource: its definition, as the API server serves it. */
  readonly definition?: JsonObject;
}

export interface ResourceCatalog {
  readonly types: readonly ResourceType[];
  /**
   * What a word means: plural, singular, short name or kind in any case, with `.group` or `.version.group` behind it,
   * or a category (`all`). Throws UNKNOWN_RESOURCE.
   */
  resolve(word: string): readonly ResourceType[];
  /** The type of a place in the key space. */
  find(place: { readonly group: string; readonly resource: string }): ResourceType | undefined;
}

/** kubectl's `all`. Source: the registries' Categories() in kubernetes pkg/registry (1.36.2). */
const categoryAll: ReadonlySet<string> = new Set([
  'pods',
  'replicationcontrollers',
  'services',
  'daemonsets.apps',
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
  'horizontalpodautoscalers.autoscaling',
  'cronjobs.batch',
  'jobs.batch',
]);

/** Reads the definitions of a source. What they cannot say because they are encrypted or damaged is left out. */
export async function openResourceCatalog(
  source: ObjectSource,
  reader: ObjectReader,
): Promise<ResourceCatalog> {
  const custom: ResourceType[] = [];
  for (const prefix of source.prefixes) {
    const place = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' };
    const from = utf8(`${prefix}/${storagePath(place.group, place.resource)}/`);
    for await (const { key, value } of source.entries({ from, to: prefixEnd(from) })) {
      const of = { key: key.key, modRevision: key.modRevision, place };
      const read = await reader.read(value, of, { uncounted: true });
      const type = read.state === 'decoded' ? customType(read.object) : undefined;
      if (type !== undefined) custom.push(type);
    }
  }
  return buildCatalog([...builtInTypes(), ...custom]);
}

/** A catalog of these types; of several with one name the first counts. */
export function buildCatalog(types: readonly ResourceType[]): ResourceCatalog {
  const byName = new Map<string, ResourceType>();
  const byPlace = new Map<string, ResourceType>();
  for (const type of types) {
    const place = `${type.resource}.${type.group}`;
    if (!byPlace.has(place)) byPlace.set(place, type);
    for (const name of [type.resource, type.singular, type.kind.toLowerCase(), ...type.shortNames]) {
      const full = `${name}.${type.group}`;
      if (!byName.has(name)) byName.set(name, type);
      if (!byName.has(full)) byName.set(full, type);
    }
  }
  return {
    types,
    find: ({ group, resource }) => byPlace.get(`${resource}.${group}`),
    resolve(word) {
      const name = word.toLowerCase();
      const type = byName.get(name) ?? byName.get(withoutVersion(name));
      if (type !== undefined) return [type];
      const inCategory = types.filter(({ categories }) => categories.includes(name));
      if (inCategory.length > 0) return inCategory;
      throw new HoldfastError('UNKNOWN_RESOURCE', `there is no resource type "${word}"`);
    },
  };
}

/** `deployments.v1.apps` as `deployments.apps`; `pods.v1` and `pods.v1.` as `pods`. */
function withoutVersion(name: string): string {
  const match = /^([^.]+)\.v\d+(?:(?:alpha|beta)\d+)?(?:\.(.*))?$/.exec(name);
  if (match === null) return name;
  const [, resource = '', group = ''] = match;
  return group === '' ? resource : `${resource}.${group}`;
}

function builtInTypes(): ResourceType[] {
  return storedResources.map((row) => {
    const place = row.group === '' ? row.resource : `${row.resource}.${row.group}`;
    const isInAll = row.origin === 'built-in' && categoryAll.has(place);
    return { ...row, singular: row.kind.toLowerCase(), categories: isInAll ? ['all'] : [] };
  });
}

/** The type that a definition defines; undefined when it says too little. */
function customType(definition: JsonObject): ResourceType | undefined {
  const spec = objectOf(definition['spec']);
  const names = objectOf(spec['names']);
  const { group } = spec;
  const { plural, kind, singular } = names;
  if (typeof group !== 'string' || typeof plural !== 'string' || typeof kind !== 'string') return undefined;
  return {
    group,
    resource: plural,
    singular: typeof singular === 'string' ? singular : kind.toLowerCase(),
    kind,
    namespaced: spec['scope'] === 'Namespaced',
    shortNames: textsOf(names['shortNames']),
    categories: textsOf(names['categories']),
    path: `${group}/${plural}`,
    origin: 'custom',
    definition,
  };
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function textsOf(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
