/** Real etcd, etcdctl and etcdutl of every supported release line, the real kube-apiserver, kubectl and sshd, for tests, benchmarks and the demo. */
export { type Peer, type PeerLine, peer, peerLines, peersDirectory } from './peer.ts';
export { requirePeer } from './require-peer.ts';
export { etcdBenchmark } from './etcd-benchmark.ts';
export { bringInKubeApiserver, bringInPeers, bringInVersitygw } from './bring-in-peers.ts';
export { type KubeApiserver, kubeApiserver, requireKubeApiserver } from './kube-apiserver.ts';
export { type KmsPluginProgram, kmsPlugin, requireKmsPlugin } from './kms-plugin.ts';
export { type Kubectl, kubectl, requireKubectl } from './kubectl.ts';
export { type Restic, restic } from './restic.ts';
export { requireSshd, type Sshd, sshd } from './sshd.ts';
export { requireVersitygw, type Versitygw, versitygw } from './versitygw.ts';
