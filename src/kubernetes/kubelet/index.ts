/** The kubelet's command line and configuration. */
export {
  type ConfigText,
  type KubeletConfig,
  type KubeletSetting,
  mergeKubeletConfigs,
  orderDropIns,
} from './kubelet-config.ts';
export { type KubeletFlags, parseKubeletFlags } from './kubelet-flags.ts';
