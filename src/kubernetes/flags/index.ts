/** Command lines of etcd and of the programs of Kubernetes. */
export {
  type EtcdSettings,
  type EtcdSettingsSources,
  etcdConfigFile,
  readEtcdSettings,
  type Setting,
} from './etcd-settings.ts';
export type { Argument, Flags, FlagValue } from './flag-value.ts';
export { parseFlags } from './parse-flags.ts';
