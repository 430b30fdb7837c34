/**
 * What an API server changes in an object between etcd and the client, beyond decoding it: the version of the few
 * kinds that it stores in another than it serves, and values that it adds while reading.
 *
 * CustomResourceDefinitions are stored as v1beta1 to this day and served as v1. The claim templates of a StatefulSet
 * have their apiVersion and kind again. Claims and volumes get the defaults of fields that were not stored. Other
 * defaults are stored with the object when it is written, and objects of older API versions stay in them.
 *
 * Source: k8s.io/apiextensions-apiserver pkg/apis/apiextensions/{v1,v1beta1}/{conversion,defaults}.go;
 * kubernetes pkg/apis/apps/v1/conversion.go, pkg/apis/core/v1/defaults.go (1.36.2).
 */
import type { JsonObject, JsonValue } from './json-value.ts';
import { isJsonObject } from './parse-json.ts';

type Change = (object: JsonObject) => void;

const changes: Readonly<Record<string, Change>> = {
  'apiextensions.k8s.io/v1beta1 CustomResourceDefinition': serveDefinition,
  'apps/v1 StatefulSet': serveStatefulSet,
  'v1 PersistentVolumeClaim': addClaimDefaults,
  'v1 PersistentVolume': addVolumeDefaults,
};

/** Makes a stored object what the API server serves, in place. */
export function changeToServed(object: JsonObject, apiVersion: string, kind: string): void {
  changes[`${apiVersion} ${kind}`]?.(object);
}

function serveStatefulSet({ spec }: JsonObject): void {
  if (!isJsonObject(spec)) return;
  for (const claim of objects(spec['volumeClaimTemplates'])) {
    claim['apiVersion'] = 'v1';
    claim['kind'] = 'PersistentVolumeClaim';
    addClaimDefaults(claim);
  }
}

function addClaimDefaults(claim: JsonObject): void {
  addDefault(claim['spec'], 'volumeMode', 'Filesystem');
  addDefault(claim['status'], 'phase', 'Pending');
}

function addVolumeDefaults(volume: JsonObject): void {
  addDefault(volume['spec'], 'persistentVolumeReclaimPolicy', 'Retain');
  addDefault(volume['spec'], 'volumeMode', 'Filesystem');
  addDefault(volume['status'], 'phase', 'Pending');
}

function addDefault(parent: JsonValue | undefined, name: string, value: JsonValue): void {
  if (isJsonObject(parent)) parent[name] ??= value;
}

/** Fields of a v1beta1 spec that v1 has in each version, and their names there. */
const perVersion = [
  ['subresources', 'subresources'],
  ['validation', 'schema'],
  ['additionalPrinterColumns', 'additionalPrinterColumns'],
  ['selectableFields', 'selectableFields'],
] as const;

function serveDefinition(definition: JsonObject): void {
  definition['apiVersion'] = 'apiextensions.k8s.io/v1';
  const { spec } = definition;
  if (!isJsonObject(spec)) return;
  if (objects(spec['versions']).length === 0 && typeof spec['version'] === 'string') {
    spec['versions'] = [{ name: spec['version'], served: true, storage: true }];
  }
  for (const [whole, each] of perVersion) {
    const value = spec[whole];
    Reflect.deleteProperty(spec, whole);
    if (value === undefined || value === null) continue;
    for (const version of objects(spec['versions'])) version[each] = structuredClone(value);
  }
  for (const version of objects(spec['versions'])) {
    for (const column of objects(version['additionalPrinterColumns']))
      renameMember(column, 'JSONPath', 'jsonPath');
  }
  // The first version's name, which v1 does not have.
  delete spec['version'];
  // False is what v1 does not write.
  if (spec['preserveUnknownFields'] === undefined) spec['preserveUnknownFields'] = true;
  else if (spec['preserveUnknownFields'] === false) delete spec['preserveUnknownFields'];
  serveConversion(spec);
}

function serveConversion(spec: JsonObject): void {
  const conversion = isJsonObject(spec['conversion']) ? spec['conversion'] : { strategy: 'None' };
  spec['conversion'] = conversion;
  const { webhookClientConfig, conversionReviewVersions, ...rest } = conversion;
  if (webhookClientConfig === undefined && conversionReviewVersions === undefined) return;
  spec['conversion'] = {
    ...rest,
    webhook: {
      ...(webhookClientConfig === undefined ? {} : { clientConfig: webhookClientConfig }),
      conversionReviewVersions: conversionReviewVersions ?? ['v1beta1'],
    },
  };
}

function renameMember(object: JsonObject, from: string, to: string): void {
  const value = object[from];
  if (value === undefined) return;
  Reflect.deleteProperty(object, from);
  object[to] = value;
}

function objects(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
