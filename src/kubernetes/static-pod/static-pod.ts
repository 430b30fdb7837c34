import { type Argument } from '../flags/index.ts';
import { FieldReader, type YamlMap } from '../yaml/index.ts';
import { expandVariables } from './expand-variables.ts';

/** A pod that a kubelet runs from a file. Lines are counted from 1. */
export interface StaticPod {
  readonly path: string;
  /** Without the node's name, which the kubelet appends. */
  readonly name: string;
  /** `default` when the file says none. */
  readonly namespace: string;
  readonly hostNetwork: boolean;
  /** Those that keep running: init containers are left out. */
  readonly containers: readonly StaticPodContainer[];
  readonly volumes: readonly PodVolume[];
}

export interface StaticPodContainer {
  readonly name: string;
  readonly image: string;
  readonly line: number;
  /** `command` and `args` in one, `$(NAME)` replaced where `env` has a literal value for it. */
  readonly argv: readonly PlacedArgument[];
  /** Whether the file gives a `command`; without one `argv` follows the image's own entry point. */
  readonly hasCommand: boolean;
  /** Variables with a literal value; the last one of a name counts. */
  readonly env: Readonly<Record<string, PlacedArgument>>;
  readonly volumeMounts: readonly VolumeMount[];
}

/** A word with the line that it stands on. */
export type PlacedArgument = Required<Argument>;

export interface VolumeMount {
  /** Of the volume. */
  readonly name: string;
  readonly mountPath: string;
  /** `$(NAME)` of a `subPathExpr` is replaced where it can be. */
  readonly subPath?: string;
  readonly readOnly: boolean;
  readonly line: number;
}

export interface PodVolume {
  readonly name: string;
  readonly line: number;
  /** Absent when the volume is of another kind. */
  readonly hostPath?: { readonly path: string; readonly type?: string; readonly line: number };
}

/** Whether the kubelet reads a file of the manifests dir: every one whose name does not begin with a dot. */
export function isManifestName(name: string): boolean {
  return name !== '' && !name.startsWith('.');
}

/**
 * Reads a manifest, YAML or JSON, as the kubelet does: the first document, which must be a Pod.
 *
 * Errors: CONFIG_FILE_INVALID with file and line.
 * Source: Kubernetes 1.36 pkg/kubelet/config/file.go and common.go.
 */
export function parseStaticPod(text: string, path: string): StaticPod {
  const reader = new FieldReader(path);
  const root = reader.parseObject(text, ['Pod']);
  const metadata = reader.map(root, 'metadata');
  const spec = reader.map(root, 'spec');
  if (metadata === undefined || spec === undefined) {
    throw reader.invalid(root.line, `the Pod has no ${metadata === undefined ? 'metadata' : 'spec'}`);
  }
  return {
    path,
    name: reader.needText(metadata, 'name').value,
    namespace: reader.text(metadata, 'namespace')?.value ?? 'default',
    hostNetwork: reader.boolean(spec, 'hostNetwork'),
    containers: reader.maps(spec, 'containers').map((container) => parseContainer(reader, container)),
    volumes: reader.maps(spec, 'volumes').map((volume) => parseVolume(reader, volume)),
  };
}

function parseContainer(reader: FieldReader, map: YamlMap): StaticPodContainer {
  const env = parseEnvironment(reader, map);
  const words = (name: string): PlacedArgument[] =>
    reader.list(map, name).map((item) => {
      const { value, line } = reader.asText(item, `an entry of ${name}`);
      return { value: expandVariables(value, env), line };
    });
  const command = words('command');
  return {
    name: reader.text(map, 'name')?.value ?? '',
    image: reader.text(map, 'image')?.value ?? '',
    line: map.line,
    argv: [...command, ...words('args')],
    hasCommand: command.length > 0,
    env: Object.fromEntries(env),
    volumeMounts: reader.maps(map, 'volumeMounts').map((mount) => parseMount(reader, mount, env)),
  };
}

function parseEnvironment(reader: FieldReader, container: YamlMap): Map<string, PlacedArgument> {
  const env = new Map<string, PlacedArgument>();
  for (const variable of reader.maps(container, 'env')) {
    const name = reader.needText(variable, 'name').value;
    const value = reader.text(variable, 'value');
    if (value === undefined) env.delete(name);
    else env.set(name, { value: expandVariables(value.value, env), line: value.line });
  }
  return env;
}

function parseMount(
  reader: FieldReader,
  map: YamlMap,
  env: ReadonlyMap<string, PlacedArgument>,
): VolumeMount {
  const expression = reader.text(map, 'subPathExpr')?.value;
  const subPath =
    expression === undefined ? reader.text(map, 'subPath')?.value : expandVariables(expression, env);
  const mountPath = reader.needText(map, 'mountPath');
  return {
    name: reader.needText(map, 'name').value,
    mountPath: mountPath.value,
    readOnly: reader.boolean(map, 'readOnly'),
    line: mountPath.line,
    ...(subPath !== undefined && subPath !== '' && { subPath }),
  };
}

function parseVolume(reader: FieldReader, map: YamlMap): PodVolume {
  const name = reader.needText(map, 'name').value;
  const hostPath = reader.map(map, 'hostPath');
  if (hostPath === undefined) return { name, line: map.line };
  const path = reader.needText(hostPath, 'path');
  const type = reader.text(hostPath, 'type')?.value;
  return {
    name,
    line: map.line,
    hostPath: { path: path.value, line: path.line, ...(type !== undefined && { type }) },
  };
}
