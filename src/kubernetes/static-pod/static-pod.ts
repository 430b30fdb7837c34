import { HoldfastError } from '../../base/index.ts';
import type { Argument } from '../flags/index.ts';

/** A pod that a kubelet runs from a file. Lines are counted from 1. */
export interface StaticPod {
  readonly path: string;
  readonly name: string;
  /** `default` when the file says none. */
  readonly namespace: string;
  readonly hostNetwork: boolean;
  readonly containers: readonly StaticPodContainer[];
  readonly volumes: readonly PodVolume[];
}

export interface StaticPodContainer {
  readonly name: string;
  readonly image: string;
  readonly line: number;
  /** `command` and `args` in one, `$(NAME)` replaced from `env`; of the image's own entry point nothing is known. */
  readonly argv: readonly Required<Argument>[];
  /** Whether the file gives a `command`; without one the image's entry point runs and `argv` are its arguments. */
  readonly hasCommand: boolean;
  /** Variables with a literal value; the last one of a name wins. */
  readonly env: Readonly<Record<string, Required<Argument>>>;
  readonly volumeMounts: readonly VolumeMount[];
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
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

/** Names of a manifests dir that the kubelet reads: all that do not begin with a dot. */
export function isManifestName(name: string): boolean {
  return !name.startsWith('.') && name !== '';
}

/** Errors: CONFIG_FILE_INVALID with file and line. */
export function parseStaticPod(_text: string, _path: string): StaticPod {
  throw new HoldfastError('DEFECT', 'not there yet');
}
