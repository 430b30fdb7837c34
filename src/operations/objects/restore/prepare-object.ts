import type { JsonObject, JsonValue } from '../../../formats/kubernetes-object/index.ts';
import { stripObject } from '../extract/index.ts';
import { changeMember, isJsonObject, without } from '../fields/index.ts';
import { textOf } from './live-object.ts';

/** An object as it is to be on the server, but for its owners. */
export interface PreparedObject {
  readonly object: JsonObject;
  /** What is not as in the backup beyond what a server sets itself. */
  readonly notes: readonly string[];
}

/** Takes an object as it was stored. `namespaceMap` says where the namespaces of the source are now. */
export function prepareObject(stored: JsonObject, namespaceMap: ReadonlyMap<string, string>): PreparedObject {
  const notes: string[] = [];
  let object = stripObject(stored);
  if (object['kind'] === 'Pod' && object['apiVersion'] === 'v1') object = withoutNode(object, notes);
  if (namespaceMap.size > 0) object = moveObject(object, namespaceMap, notes);
  return { object, notes };
}

/** The node may be gone; the scheduler finds one. */
function withoutNode(pod: JsonObject, notes: string[]): JsonObject {
  return changeMember(pod, 'spec', (spec) => {
    if (spec['nodeName'] === undefined) return spec;
    notes.push('scheduled anew');
    return without(spec, ['nodeName']);
  });
}

function moveObject(
  object: JsonObject,
  namespaceMap: ReadonlyMap<string, string>,
  notes: string[],
): JsonObject {
  const moved = (name: JsonValue | undefined) =>
    typeof name === 'string' ? namespaceMap.get(name) : undefined;
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
  if (object['apiVersion'] === 'v1' && object['kind'] === 'Namespace') {
    const name = moved(metadata['name']);
    return name === undefined ? object : renameNamespace(object, name);
  }
  const namespace = moved(metadata['namespace']);
  if (namespace === undefined) return object;
  const placed = { ...object, metadata: { ...metadata, namespace } };
  return (
    byKind.get(`${textOf(object['apiVersion'])} ${textOf(object['kind'])}`)?.(placed, moved, notes) ?? placed
  );
}

function renameNamespace(namespace: JsonObject, name: string): JsonObject {
  return changeMember(namespace, 'metadata', (metadata) => ({
    ...changeMember(metadata, 'labels', (labels) =>
      'kubernetes.io/metadata.name' in labels ? { ...labels, 'kubernetes.io/metadata.name': name } : labels,
    ),
    name,
  }));
}

type Moved = (name: JsonValue | undefined) => string | undefined;

const byKind: ReadonlyMap<string, (object: JsonObject, moved: Moved, notes: string[]) => JsonObject> =
  new Map([
    ['rbac.authorization.k8s.io/v1 RoleBinding', moveSubjects],
    ['v1 Service', moveService],
    ['v1 PersistentVolumeClaim', moveClaim],
  ]);

function moveSubjects(binding: JsonObject, moved: Moved): JsonObject {
  const { subjects } = binding;
  if (!Array.isArray(subjects)) return binding;
  const rewritten = subjects.map((subject) => {
    const namespace = isJsonObject(subject) ? moved(subject['namespace']) : undefined;
    return namespace === undefined ? subject : { ...(subject as JsonObject), namespace };
  });
  return { ...binding, subjects: rewritten };
}

/** The service that was copied may still have them. */
function moveService(service: JsonObject, _moved: Moved, notes: string[]): JsonObject {
  return changeMember(service, 'spec', (spec) => {
    const { ports } = spec;
    const hasNodePorts =
      Array.isArray(ports) && ports.some((port) => isJsonObject(port) && port['nodePort'] !== undefined);
    const hasAddress = spec['clusterIP'] !== undefined && spec['clusterIP'] !== 'None';
    if (!hasNodePorts && !hasAddress) return spec;
    notes.push('gets addresses and node ports of its own');
    const rest = hasAddress ? without(spec, ['clusterIP', 'clusterIPs', 'healthCheckNodePort']) : spec;
    if (!hasNodePorts) return rest;
    return {
      ...rest,
      ports: ports.map((port) => (isJsonObject(port) ? without(port, ['nodePort']) : port)),
    };
  });
}

/** A volume belongs to the claim in the namespace where it was. */
function moveClaim(claim: JsonObject, _moved: Moved, notes: string[]): JsonObject {
  return changeMember(claim, 'spec', (spec) => {
    if (spec['volumeName'] === undefined) return spec;
    notes.push('gets another volume: the old one belongs to the claim in the old namespace');
    return without(spec, ['volumeName']);
  });
}
