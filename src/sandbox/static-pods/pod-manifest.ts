/**
 * What the runner needs of a static pod's manifest. It reads manifests in a way of its own, not through
 * `src/kubernetes`, so that a mistake made there shows as a pod that does not run as the product thinks.
 */
import { createHash } from 'node:crypto';
import { parse } from 'yaml';

export interface PodManifest {
  /** Name of the file in the manifests directory. */
  readonly file: string;
  /** `namespace/name`. */
  readonly pod: string;
  /** The same as long as file name and content are; comments and layout do not count, as with the kubelet. */
  readonly identity: string;
  readonly graceMs: number;
  readonly containers: readonly PodContainer[];
  readonly volumes: readonly PodVolume[];
}

export interface PodContainer {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly VolumeMount[];
}

export interface VolumeMount {
  readonly volume: string;
  readonly mountPath: string;
  readonly subPath: string;
}

export interface PodVolume {
  readonly name: string;
  /** Undefined for a volume that comes and goes with the pod. */
  readonly hostPath: string | undefined;
  /** `DirectoryOrCreate`, `File` and so on; empty when the manifest says nothing. */
  readonly hostPathType: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads a manifest, YAML or JSON. Throws with the reason when it is not a whole pod. */
export function parsePodManifest(text: string, file: string): PodManifest {
  const content: unknown = parse(text);
  const pod = fields(content, 'the file');
  if (pod['kind'] !== 'Pod' || pod['apiVersion'] !== 'v1') throw new Error('not a v1 Pod');
  const metadata = fields(pod['metadata'], 'metadata');
  const spec = fields(pod['spec'], 'spec');
  const containers = list(spec['containers']).map((item) => containerOf(fields(item, 'a container')));
  if (containers.length === 0) throw new Error('a pod without containers');
  const identity = createHash('sha256').update(file).update(JSON.stringify(content)).digest('hex');
  return {
    file,
    pod: `${textOf(metadata['namespace'], 'default')}/${textOf(metadata['name'])}`,
    identity,
    graceMs: 1000 * Number(spec['terminationGracePeriodSeconds'] ?? 30),
    containers,
    volumes: list(spec['volumes']).map((item) => volumeOf(fields(item, 'a volume'))),
  };
}

/** `staticPodPath` of a kubelet configuration; undefined when it has none. */
export function parseStaticPodPath(text: string): string | undefined {
  const path = fields(parse(text), 'the kubelet configuration')['staticPodPath'];
  return path === undefined ? undefined : textOf(path);
}

function containerOf(item: Fields): PodContainer {
  return {
    name: textOf(item['name']),
    image: textOf(item['image']),
    command: list(item['command']).map((word) => textOf(word)),
    args: list(item['args']).map((word) => textOf(word)),
    env: Object.fromEntries(
      list(item['env'])
        .map((entry) => fields(entry, 'an env entry'))
        .map((entry) => [textOf(entry['name']), textOf(entry['value'], '')]),
    ),
    mounts: list(item['volumeMounts'])
      .map((entry) => fields(entry, 'a volumeMount'))
      .map((entry) => ({
        volume: textOf(entry['name']),
        mountPath: textOf(entry['mountPath']),
        subPath: textOf(entry['subPath'], ''),
      })),
  };
}

function volumeOf(item: Fields): PodVolume {
  const name = textOf(item['name']);
  if (item['hostPath'] === undefined) return { name, hostPath: undefined, hostPathType: '' };
  const hostPath = fields(item['hostPath'], 'hostPath');
  return { name, hostPath: textOf(hostPath['path']), hostPathType: textOf(hostPath['type'], '') };
}

function fields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${what} is no mapping`);
  }
  return value as Fields;
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Error('a list was expected');
  return value;
}

function textOf(value: unknown, missing?: string): string {
  if ((value === undefined || value === null) && missing !== undefined) return missing;
  if (typeof value !== 'string') throw new Error(`text was expected, not ${JSON.stringify(value)}`);
  return value;
}
