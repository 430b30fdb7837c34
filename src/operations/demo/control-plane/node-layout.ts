import type { Authorities, KubeadmPki } from './kubeadm-pki.ts';

export interface ControlPlanePorts {
  readonly etcdClient: number;
  readonly etcdPeer: number;
  readonly etcdMetrics: number;
  readonly apiServer: number;
  readonly controllerManager: number;
  readonly scheduler: number;
}

/** A control-plane node as its etcd's fellow members know it. */
export interface PlannedNode {
  readonly name: string;
  readonly address: string;
  readonly etcdPeerPort: number;
}

/** What to lay out for one control-plane node. Only `root` and `etcdVersion` have to be given. */
export interface NodeLayoutOptions {
  /** The directory that stands for the host's `/`. Made when it is not there. */
  readonly root: string;
  /** What the manifest's image names: `3.6.5`. */
  readonly etcdVersion: string;
  /** `cp1` by default. */
  readonly nodeName?: string;
  /** Where etcd and the API server listen, `127.0.0.1` by default. Another one is listened on besides it. */
  readonly address?: string;
  /** Those not given are free ports of the loopback address; `kubeadmPorts` are the usual ones. */
  readonly ports?: Partial<ControlPlanePorts>;
  /** All control-plane nodes, this one included; this one alone by default. */
  readonly nodes?: readonly PlannedNode[];
  /** The certificate authorities, shared by the nodes of one cluster; new ones by default. */
  readonly authorities?: Authorities;
  /** Host path, `/etc/kubernetes/manifests` by default. */
  readonly manifestsDir?: string;
  /** Host path, `/var/lib/etcd` by default. */
  readonly dataDir?: string;
  /** More flags for etcd, `--quota-backend-bytes=…` for example. */
  readonly etcdArgs?: readonly string[];
  /** More flags for the API server. */
  readonly apiServerArgs?: readonly string[];
  /** Link `<root>/proc` to `/proc`, true by default. */
  readonly linkProc?: boolean;
}

/** Where everything is. Paths are those of this process unless they are called host paths. */
export interface NodeLayout {
  readonly root: string;
  readonly nodeName: string;
  readonly address: string;
  readonly ports: ControlPlanePorts;
  readonly nodes: readonly PlannedNode[];
  readonly pki: KubeadmPki;
  readonly kubeletConfigFile: string;
  readonly manifestsDir: string;
  readonly manifests: {
    readonly etcd: string;
    readonly apiServer: string;
    readonly controllerManager: string;
    readonly scheduler: string;
  };
  readonly dataDir: string;
  readonly adminConf: string;
  /** `https://<address>:<port>`. */
  readonly etcdUrl: string;
  readonly apiServerUrl: string;
  /** Host paths. */
  readonly hostPaths: {
    readonly manifestsDir: string;
    readonly dataDir: string;
    readonly kubeletConfigFile: string;
  };
}
