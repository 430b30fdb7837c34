import { posix } from 'node:path';
import { FieldReader, type Located, type YamlMap } from '../yaml/index.ts';

/** A field of the kubelet's configuration, with the file that has the last word on it. */
export interface KubeletSetting<T> extends Located<T> {
  readonly file: string;
}

/** The fields of a KubeletConfiguration that matter here; those that no file sets are absent. */
export interface KubeletConfig {
  /** A directory, or one file. Made absolute: a relative path is relative to the file that says it. */
  readonly staticPodPath?: KubeletSetting<string>;
  readonly staticPodUrl?: KubeletSetting<string>;
  /** Time between two readings of the static pod path, as a Go duration: `20s`. */
  readonly fileCheckFrequency?: KubeletSetting<string>;
  readonly clusterDomain?: KubeletSetting<string>;
  readonly containerRuntimeEndpoint?: KubeletSetting<string>;
}

/** A configuration file as read. */
export interface ConfigText {
  readonly text: string;
  readonly path: string;
}

const fields = {
  staticPodPath: 'staticPodPath',
  staticPodUrl: 'staticPodURL',
  fileCheckFrequency: 'fileCheckFrequency',
  clusterDomain: 'clusterDomain',
  containerRuntimeEndpoint: 'containerRuntimeEndpoint',
} as const satisfies Record<keyof KubeletConfig, string>;

/**
 * The configuration and its drop-ins, in the order given. Each is laid over what was before it: fields that it
 * sets win, a null takes a field away. Flags, which win over all of it, are not looked at.
 *
 * Errors: CONFIG_FILE_INVALID with file and line: one bad drop-in stops the kubelet too.
 * Source: Kubernetes 1.35 cmd/kubelet/app/server.go (JSON merge patch).
 */
export function mergeKubeletConfigs(configs: readonly ConfigText[]): KubeletConfig {
  const merged = new Map<string, KubeletSetting<string>>();
  for (const { text, path } of configs) {
    const reader = new FieldReader(path);
    const root = reader.parseObject(text, ['KubeletConfiguration']);
    for (const [key, field] of Object.entries(fields)) applyField(merged, reader, root, key, field);
  }
  const { staticPodPath, ...others } = Object.fromEntries(merged) as KubeletConfig;
  return staticPodPath === undefined ? others : { ...others, staticPodPath: absolute(staticPodPath) };
}

/**
 * Which files of a `--config-dir` the kubelet reads, in its order: those that end in `.conf`, of all levels, walked
 * name by name.
 * @param paths of every file below the directory, relative to it
 */
export function orderDropIns(paths: readonly string[]): readonly string[] {
  return paths
    .filter((path) => posix.basename(path).endsWith('.conf'))
    .map((path) => path.split('/'))
    .sort(compareParts)
    .map((parts) => parts.join('/'));
}

function applyField(
  merged: Map<string, KubeletSetting<string>>,
  reader: FieldReader,
  root: YamlMap,
  key: string,
  field: string,
): void {
  if (!root.entries.has(field)) return;
  const text = reader.text(root, field);
  // Like null, an empty text means: not set.
  if (text === undefined || text.value === '') merged.delete(key);
  else merged.set(key, { value: text.value, line: text.line, file: reader.path });
}

function absolute(setting: KubeletSetting<string>): KubeletSetting<string> {
  return { ...setting, value: posix.resolve(posix.dirname(setting.file), setting.value) };
}

function compareParts(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i]! !== b[i]!) return Buffer.compare(Buffer.from(a[i]!), Buffer.from(b[i]!));
  }
  return a.length - b.length;
}
