import { HoldfastError } from '../../base/index.ts';
import type { FlagValue } from '../flags/index.ts';

/** The flags of a kubelet that say where things are. Paths as given: relative ones are relative to the process. */
export interface KubeletFlags {
  readonly configFile?: FlagValue;
  readonly configDir?: FlagValue;
  /** Wins over `staticPodPath` of the config. */
  readonly podManifestPath?: FlagValue;
  readonly kubeconfig?: FlagValue;
  readonly rootDir?: FlagValue;
  readonly hostnameOverride?: FlagValue;
  readonly nodeIp?: FlagValue;
}

export function parseKubeletFlags(_argv: readonly string[]): KubeletFlags {
  throw new HoldfastError('DEFECT', 'not there yet');
}
