import type { JsonObject, JsonValue } from '../../../formats/kubernetes-object/index.ts';
import { changeMember, isJsonObject, without } from '../fields/index.ts';

/** Set by the API server for each object; it refuses some of them from others, and ignores the rest. */
const serverSet = [
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
  // They name owners by an identity that the owner loses when it is made again; the garbage collector would remove
  // what points to nobody.
  'ownerReferences',
];

/** Written by controllers about what they have done. */
export const controllerAnnotations: readonly string[] = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'kubernetes.io/service-account.uid',
  // A claim that says so and is not the one that its volume knows is taken for one that has lost its volume.
  'pv.kubernetes.io/bind-completed',
  'pv.kubernetes.io/bound-by-controller',
];

/**
 * The object as one would have written it: without what the API server and the controllers set, so that it can be
 * applied again, to this cluster or another.
 *
 * Source: kubernetes pkg/registry, the strategies that set or refuse fields on creation; pkg/controller (1.36).
 */
export function stripObject(object: JsonObject): JsonObject {
  const stripped = changeMember(without(object, ['status']), 'metadata', stripMetadata);
  const { kind } = object;
  const strip = typeof kind === 'string' ? byKind.get(kind) : undefined;
  return strip === undefined ? stripped : strip(stripped, object);
}

function stripMetadata(metadata: JsonObject): JsonObject {
  const annotated = changeMember(without(metadata, serverSet), 'annotations', (all) =>
    without(all, controllerAnnotations),
  );
  const { annotations } = annotated;
  const isEmpty = isJsonObject(annotations) && Object.keys(annotations).length === 0;
  return isEmpty ? without(annotated, ['annotations']) : annotated;
}

type Strip = (object: JsonObject, original: JsonObject) => JsonObject;

const byKind: ReadonlyMap<string, Strip> = new Map<string, Strip>([
  ['Namespace', (object) => without(object, ['spec'])],
  ['Service', stripService],
  ['Job', stripJob],
  // Bound to a claim by its identity; by name it is bound again.
  [
    'PersistentVolume',
    (object) =>
      changeMember(object, 'spec', (spec) =>
        changeMember(spec, 'claimRef', (claim) => without(claim, ['uid', 'resourceVersion'])),
      ),
  ],
]);

/** Addresses that the API server gave are nobody's fields; one that somebody asked for is noted as theirs. */
function stripService(object: JsonObject, original: JsonObject): JsonObject {
  if (object['apiVersion'] !== 'v1') return object;
  return changeMember(object, 'spec', (spec) => {
    const isHeadless = spec['clusterIP'] === 'None';
    if (isHeadless || isAskedFor(original, 'clusterIP')) return spec;
    return without(spec, ['clusterIP', 'clusterIPs', 'healthCheckNodePort']);
  });
}

function isAskedFor(object: JsonObject, field: string): boolean {
  const metadata = object['metadata'];
  const entries = isJsonObject(metadata) ? metadata['managedFields'] : undefined;
  if (!Array.isArray(entries)) return false;
  return entries.some((entry) => hasPath(entry, ['fieldsV1', 'f:spec', `f:${field}`]));
}

function hasPath(value: JsonValue | undefined, path: readonly string[]): boolean {
  const [name, ...rest] = path;
  if (name === undefined) return true;
  return isJsonObject(value) && Object.hasOwn(value, name) && hasPath(value[name], rest);
}

/** Made from the identity of a job, on the job and its pods. */
export const jobLabels: readonly string[] = [
  'controller-uid',
  'batch.kubernetes.io/controller-uid',
  'job-name',
  'batch.kubernetes.io/job-name',
];

/** A job gets its selector from its identity, unless it says that it brings its own. */
function stripJob(object: JsonObject): JsonObject {
  const spec = object['spec'];
  if (!isJsonObject(spec) || spec['manualSelector'] === true) return object;
  const withoutLabels = (holder: JsonObject) =>
    changeMember(holder, 'metadata', (metadata) =>
      changeMember(metadata, 'labels', (labels) => without(labels, jobLabels)),
    );
  const stripped = changeMember(without(spec, ['selector']), 'template', withoutLabels);
  return { ...withoutLabels(object), spec: stripped };
}
