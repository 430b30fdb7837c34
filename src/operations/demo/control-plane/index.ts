/** A kubeadm control-plane node laid out in a directory: PKI, kubelet configuration, manifests, kubeconfigs. */
export { type Authorities, createAuthorities, type KubeadmPki } from './kubeadm-pki.ts';
export { kubeadmPorts, layOutNode } from './lay-out.ts';
export type { ControlPlanePorts, NodeLayout, NodeLayoutOptions, PlannedNode } from './node-layout.ts';
