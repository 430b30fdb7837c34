import type { JsonObject, JsonValue } from '../../../formats/kubernetes-object/index.ts';
import type { KubernetesObject } from '../../../kubernetes/index.ts';
import { controllerAnnotations, jobLabels } from '../extract/index.ts';
import { changeMember, compareValues, formatFieldPath, isJsonObject, without } from '../fields/index.ts';

/** An answer of the server is JSON; numbers have kept their digits. */
export function jsonOf(object: KubernetesObject): JsonObject {
  return object as JsonObject;
}

export function metadataOf(object: JsonObject): JsonObject {
  return isJsonObject(object['metadata']) ? object['metadata'] : {};
}

export function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Paths of the fields that a write changes, but for the server's own notes of the write. */
export function changedFields(live: JsonObject, written: JsonObject): string[] {
  return compareValues(withoutNotes(live), withoutNotes(written)).map(({ path }) => formatFieldPath(path));
}

function withoutNotes(object: JsonObject): JsonObject {
  return changeMember(object, 'metadata', (metadata) =>
    without(metadata, ['managedFields', 'resourceVersion', 'generation']),
  );
}

/**
 * The object as it goes into the place of the live one: with what belongs to the live one alone, its identity, its
 * status, what controllers have noted and made of it, and finalizers: somebody has promised to clean up.
 */
export function overLive(object: JsonObject, live: JsonObject): JsonObject {
  const theirs = metadataOf(live);
  const metadata = keepAnnotations(
    {
      ...metadataOf(object),
      uid: theirs['uid'] ?? '',
      resourceVersion: theirs['resourceVersion'] ?? '',
    },
    theirs,
  );
  const finalizers = [...new Set([...listOf(metadata['finalizers']), ...listOf(theirs['finalizers'])])];
  if (finalizers.length > 0) metadata['finalizers'] = finalizers;
  const placed: JsonObject = { ...object, metadata };
  if (live['status'] !== undefined) placed['status'] = live['status'];
  return keepByKind.get(textOf(object['kind']))?.(placed, live) ?? placed;
}

function keepAnnotations(metadata: JsonObject, theirs: JsonObject): JsonObject {
  const noted = isJsonObject(theirs['annotations']) ? theirs['annotations'] : {};
  const kept = Object.entries(noted).filter(([name]) => controllerAnnotations.includes(name));
  if (kept.length === 0) return metadata;
  const own = isJsonObject(metadata['annotations']) ? metadata['annotations'] : {};
  return { ...metadata, annotations: { ...own, ...Object.fromEntries(kept) } };
}

type Keep = (object: JsonObject, live: JsonObject) => JsonObject;

const keepByKind: ReadonlyMap<string, Keep> = new Map<string, Keep>([
  ['Namespace', (object, live) => ({ ...object, ...(live['spec'] !== undefined && { spec: live['spec'] }) })],
  ['Job', keepJob],
  ['Pod', (object, live) => keepInSpec(object, live, ['nodeName'])],
  ['PersistentVolume', keepClaim],
]);

/** The identity of the claim that the volume is bound to, if it is that claim. */
function keepClaim(volume: JsonObject, live: JsonObject): JsonObject {
  const claim = specOf(live)['claimRef'];
  return changeMember(volume, 'spec', (spec) =>
    changeMember(spec, 'claimRef', (own) => {
      const isSame =
        isJsonObject(claim) && own['name'] === claim['name'] && own['namespace'] === claim['namespace'];
      return isSame ? claim : own;
    }),
  );
}

/** The selector and the labels that the server made from the job's identity. */
function keepJob(job: JsonObject, live: JsonObject): JsonObject {
  if (job['apiVersion'] !== 'batch/v1' || specOf(job)['selector'] !== undefined) return job;
  const template = specOf(live)['template'];
  const selected = keepInSpec(keepLabels(job, live), live, ['selector']);
  return changeMember(selected, 'spec', (spec) =>
    changeMember(spec, 'template', (own) => (isJsonObject(template) ? keepLabels(own, template) : own)),
  );
}

function keepLabels(holder: JsonObject, live: JsonObject): JsonObject {
  const theirs = metadataOf(live)['labels'];
  if (!isJsonObject(theirs)) return holder;
  const kept = Object.entries(theirs).filter(([name]) => jobLabels.includes(name));
  const metadata = metadataOf(holder);
  const own = isJsonObject(metadata['labels']) ? metadata['labels'] : {};
  return { ...holder, metadata: { ...metadata, labels: { ...own, ...Object.fromEntries(kept) } } };
}

function keepInSpec(object: JsonObject, live: JsonObject, names: readonly string[]): JsonObject {
  const theirs = specOf(live);
  const kept = Object.entries(theirs).filter(([name]) => names.includes(name));
  return changeMember(object, 'spec', (spec) => ({ ...Object.fromEntries(kept), ...spec }));
}

function specOf(object: JsonObject): JsonObject {
  return isJsonObject(object['spec']) ? object['spec'] : {};
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}
