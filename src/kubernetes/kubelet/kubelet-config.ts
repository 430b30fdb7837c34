import { HoldfastError } from '../../base/index.ts';
import type { Located } from '../yaml/index.ts';

/** A field of the kubelet's config, with the file that has the last word on it. */
export interface KubeletSetting<T> extends Located<T> {
  readonly file: string;
}

/** The fields of a KubeletConfiguration that matter here. `undefined` is: not set. */
export interface KubeletConfig {
  /** Absolute where it could be made so: a relative path is relative to its file. A directory, or one file. */
  readonly staticPodPath?: KubeletSetting<string>;
  readonly staticPodUrl?: KubeletSetting<string>;
  /** Seconds between two readings of the static pod path, as a Go duration: `20s`. */
  readonly fileCheckFrequency?: KubeletSetting<string>;
  readonly clusterDomain?: KubeletSetting<string>;
  readonly containerRuntimeEndpoint?: KubeletSetting<string>;
}

export interface ConfigText {
  readonly text: string;
  readonly path: string;
}

/** Errors: CONFIG_FILE_INVALID with file and line. */
export function parseKubeletConfig(_text: string, _path: string): KubeletConfig {
  throw new HoldfastError('DEFECT', 'not there yet');
}

/** The config with its drop-ins applied in the order given; later ones win. */
export function mergeKubeletConfigs(_configs: readonly ConfigText[]): KubeletConfig {
  throw new HoldfastError('DEFECT', 'not there yet');
}

/** Which files of a `--config-dir` the kubelet reads, and in which order; paths are relative to it, of all levels. */
export function orderDropIns(_paths: readonly string[]): readonly string[] {
  throw new HoldfastError('DEFECT', 'not there yet');
}
