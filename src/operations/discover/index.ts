/** Where etcd is on a host, and how each fact about it is known. */
export { discover } from './discover.ts';
export type {
  ApiServerInstallation,
  CertificateUse,
  DiscoverOptions,
  Discovery,
  EtcdInstallation,
  Evidence,
  KubeletInstallation,
  Layout,
  LiveMember,
  LiveState,
  StaticPodFile,
} from './discovery.ts';
