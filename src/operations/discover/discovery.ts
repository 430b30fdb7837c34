import type { Finding } from '../../base/index.ts';

export interface DiscoverOptions {
  /** Where the host's file system is; `/` by default. */
  readonly root?: string;
  /** The manifests dir (host path), when it is known better than the kubelet's own configuration tells. */
  readonly manifestsDir?: string;
  /** Do not dial etcd. */
  readonly offline?: boolean;
  /** With no etcd on this host: a `Discovery` of layout `none` instead of ETCD_NOT_FOUND. */
  readonly allowNone?: boolean;
  /** Limit for a connection to etcd; default 2000. */
  readonly dialTimeoutMs?: number;
  /** Limit for one request to etcd; default 3000. */
  readonly commandTimeoutMs?: number;
}

/** How etcd runs on a host. Kubespray's is `systemd` or `static-pod`, with a finding that says so. */
export type Layout = 'static-pod' | 'systemd' | 'process' | 'k3s' | 'rke2' | 'external' | 'none';

/** What is known about the etcd of a host. All paths are host paths (without the root) unless they say otherwise. */
export interface Discovery {
  readonly root: string;
  readonly layout: Layout;
  readonly manifestsDir?: string;
  readonly kubelet?: KubeletInstallation;
  readonly etcd?: EtcdInstallation;
  readonly apiServer?: ApiServerInstallation;
  /** Every file of the manifests dir that the kubelet reads: all that do not begin with a dot. */
  readonly staticPods: readonly StaticPodFile[];
  readonly certificates: readonly CertificateUse[];
  /** Absent when etcd was not asked. */
  readonly live?: LiveState;
  /** One entry a fact, by its path: `manifestsDir`, `etcd.dataDir`, … */
  readonly evidence: Readonly<Record<string, Evidence>>;
  readonly findings: readonly Finding[];
}

/** How a fact is known. */
export interface Evidence {
  readonly source: 'process' | 'file' | 'default' | 'flag' | 'environment';
  /** In words: `kubelet (pid 812) --config`, `--data-dir in the manifest`. */
  readonly where: string;
  /** Host path of the file that says it. */
  readonly file?: string;
  /** Line in that file, counted from 1. */
  readonly line?: number;
  readonly reliability: 'sure' | 'likely' | 'guess';
}

export interface KubeletInstallation {
  readonly pid?: number;
  readonly configFile?: string;
  /** Drop-ins of the config that were merged, in their order. */
  readonly configDropIns?: readonly string[];
  /** Name of the unit: `kubelet.service`. */
  readonly systemdUnit?: string;
}

export interface StaticPodFile {
  /** Host path. */
  readonly file: string;
  readonly role:
    | 'etcd'
    | 'kube-apiserver'
    | 'kube-controller-manager'
    | 'kube-scheduler'
    | 'other'
    | 'unreadable';
  readonly podName?: string;
}

export interface EtcdInstallation {
  readonly runsAs: 'static-pod' | 'systemd' | 'process' | 'embedded' | 'external';
  readonly manifest?: string;
  /** Name of the container in the manifest. */
  readonly container?: string;
  /** Host path of the unit file. */
  readonly unit?: string;
  /** etcd's own `--config-file`. */
  readonly configFile?: string;
  readonly pid?: number;
  readonly name?: string;
  readonly dataDir?: string;
  /** The data dir as the process sees it. */
  readonly containerDataDir?: string;
  /** Only when it is not inside the data dir. */
  readonly walDir?: string;
  /** Client URLs to dial from this host; one for a member that runs here. */
  readonly endpoints: readonly string[];
  /** What a client uses: the authority that signed the server's certificate, and a pair that etcd accepts. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly serverCertFile?: string;
  readonly serverKeyFile?: string;
  /** The authority that etcd checks its clients with. */
  readonly trustedCaFile?: string;
  readonly peerCertFile?: string;
  readonly peerKeyFile?: string;
  readonly peerCaFile?: string;
  readonly initialAdvertisePeerUrls: readonly string[];
  readonly initialCluster?: string;
  readonly initialClusterToken?: string;
  readonly listenClientUrls: readonly string[];
  readonly advertiseClientUrls: readonly string[];
  readonly quotaBackendBytes?: bigint;
  readonly image?: string;
  /** From the tag of the image. */
  readonly version?: string;
  /** The command with its arguments as the container or the unit gives them; empty when etcd is embedded or elsewhere. */
  readonly argv: readonly string[];
}

export interface ApiServerInstallation {
  readonly manifest?: string;
  readonly unit?: string;
  readonly pid?: number;
  readonly etcdServers: readonly string[];
  readonly etcdCaFile?: string;
  readonly etcdCertFile?: string;
  readonly etcdKeyFile?: string;
  /** `/registry` unless it is set. */
  readonly etcdPrefix: string;
  readonly encryptionProviderConfig?: string;
  /** 6443 unless it is set. */
  readonly securePort: number;
  readonly bindAddress?: string;
  readonly clientCaFile?: string;
  readonly tlsCertFile?: string;
  readonly argv: readonly string[];
}

/** One certificate and what it is for. */
export interface CertificateUse {
  readonly role: 'ca' | 'server' | 'peer' | 'client';
  /** In words: `etcd server`, `healthcheck client (kubeadm)`. */
  readonly use: string;
  readonly certFile: string;
  readonly keyFile?: string;
  readonly subject: string;
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Whole days, rounded down; negative when it has expired. */
  readonly daysLeft: number;
  readonly sans: readonly string[];
  readonly isCa: boolean;
  readonly serverAuth: boolean;
  readonly clientAuth: boolean;
  /** Absent when there is no key beside it. */
  readonly keyMatches?: boolean;
  /** Whether the authority that etcd or its clients check it with has signed it; absent when that one is not readable. */
  readonly isTrusted?: boolean;
  /** This is the client pair that was chosen. */
  readonly isChosen: boolean;
}

export interface LiveState {
  /** Version of the member that answered. */
  readonly version?: string;
  readonly members: readonly LiveMember[];
  /** Whether it answers a linearizable read and no alarm is active. */
  readonly healthy: boolean;
  readonly revision?: bigint;
  /** Size of the database file of the member that answered. */
  readonly dbSizeBytes?: bigint;
  readonly alarms: readonly string[];
  /** Why something above is missing. */
  readonly error?: string;
}

export interface LiveMember {
  /** Lower-case hex, as etcdctl prints it. */
  readonly id: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
  /** Whether it is the member that answered. */
  readonly isSelf: boolean;
}
