import { type FlagValue, parseFlags } from '../flags/index.ts';

/** The flags of a kubelet that say where things are. Relative paths are relative to the process. */
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

const names = {
  configFile: 'config',
  configDir: 'config-dir',
  podManifestPath: 'pod-manifest-path',
  kubeconfig: 'kubeconfig',
  rootDir: 'root-dir',
  hostnameOverride: 'hostname-override',
  nodeIp: 'node-ip',
} as const satisfies Record<keyof KubeletFlags, string>;

/** Flags that are set to nothing are left out: that is how the kubelet takes them. */
export function parseKubeletFlags(argv: readonly string[]): KubeletFlags {
  const flags = parseFlags(argv);
  const found = Object.entries(names).flatMap(([key, name]) => {
    const flag = flags.get(name);
    return flag === undefined || flag.value === '' ? [] : [[key, flag] as const];
  });
  return Object.fromEntries(found);
}
