/** What a recovery is going to do, complete: whoever has the plan can finish it or undo it without asking again. */

export interface RecoveryPlan {
  /** Names the recovery in directories, journals and messages: `20261122-151500-4f2a`. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly createdAtMs: number;
  readonly snapshot: PlannedSnapshot;
  readonly cluster: PlannedCluster;
  readonly revision: PlannedRevision;
  /** Edits of the restored copy that were asked for. */
  readonly sanitize: boolean;
  /** Limit for each wait: processes to end, etcd to be healthy, the API server to be ready. */
  readonly waitTimeoutMs: number;
  /** Kubernetes nodes by which snapshot and present differ, as far as the old data tells. */
  readonly nodes: { readonly joinedSince: readonly string[]; readonly leftSince: readonly string[] };
  /** One for each host, in the order in which they were named. */
  readonly hosts: readonly HostPlan[];
}

export interface PlannedSnapshot {
  readonly path: string;
  /** The backup that it is a copy of, `repo:<id>`: the copy is gone after the run, so each host keeps one of its own. */
  readonly backup?: string;
  readonly sizeBytes: number;
  /** SHA-256 of the whole file, lower-case hex: it travels under this name. */
  readonly sha256: string;
  /** The digest at the end of the file is not looked at, as asked. */
  readonly skipDigest: boolean;
  readonly revision: bigint;
  readonly keyCount: number;
}

export interface PlannedCluster {
  /** `--initial-cluster` of the restored members. */
  readonly initialCluster: string;
  /** Fresh: members of an earlier cluster cannot talk to this one. */
  readonly token: string;
  readonly members: readonly PlannedMember[];
}

export interface PlannedMember {
  readonly name: string;
  readonly peerUrls: readonly string[];
}

export interface PlannedRevision {
  /** What is added to the snapshot's revision; 0 for none. */
  readonly bump: bigint;
  /** The revision that the restored cluster starts at. */
  readonly target: bigint;
  /** Highest revision that any client may have seen; undefined when nothing on any host tells. */
  readonly highWater: bigint | undefined;
  /** Where the high-water mark comes from. */
  readonly source: HighWaterSource | 'unknown';
}

export type HighWaterSource = 'live' | 'data-dir' | 'ledger';

/** Paths are host paths, without the root. */
export interface HostPlan {
  /** How the host is called in messages. */
  readonly host: string;
  readonly member: PlannedMember;
  readonly mode: 'replace' | 'new-data-dir';
  /** Ids that members of this cluster are known to have had, lower-case hex: the ledger keeps them. */
  readonly formerMemberIds: readonly string[];
  /** Where etcd's data is now, whether or not anything is there. */
  readonly oldDataDir: string;
  /** Where the restored data will be: the same in mode `replace`. */
  readonly dataDir: string;
  /** Only when the log is not inside the data dir. */
  readonly walDir: string | undefined;
  /** Where the restore is written first, on the file system of `dataDir`. */
  readonly stagedDataDir: string;
  readonly stagedWalDir: string | undefined;
  /** Renames that put the restored data in place: the data dir, or what is in it when it is a mount point; the log. */
  readonly swaps: readonly PlannedSwap[];
  readonly owner: PlannedOwner;
  readonly fenceDir: string;
  /** In the order in which they are taken away. */
  readonly manifests: readonly PlannedManifest[];
  readonly etcd: PlannedEtcd;
  readonly apiServer: PlannedApiServer | undefined;
  /** What worked before: a roll back waits until that works again, and for nothing else. */
  readonly before: { readonly etcdHealthy: boolean; readonly apiServerReady: boolean };
  /** How the kubelet is restarted; undefined when somebody has to do it by hand. */
  readonly kubeletUnit: string | undefined;
}

export interface PlannedSwap {
  readonly live: string;
  readonly staged: string;
  /** Where what was live is kept; undefined when nothing was there. */
  readonly kept: string | undefined;
}

/** Owner, permission bits and label of the old data dir; the new one gets the same. */
export interface PlannedOwner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly selinuxLabel: string | undefined;
}

export type ManifestRole = 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'etcd';

export interface PlannedManifest {
  readonly role: ManifestRole;
  /** In the manifests dir. */
  readonly file: string;
  /** In the fence dir, while it is taken away. */
  readonly fencedFile: string;
  /** The changed manifest waiting in the fence dir; it takes the place of the original. */
  readonly editedFile: string | undefined;
  /** Text of the changed manifest. */
  readonly editedText: string | undefined;
  /** Lines of the manifest that differ, counted from 1. */
  readonly changedLines: readonly number[];
  readonly process: ProcessMark;
}

/** How the processes of a static pod are recognised. */
export interface ProcessMark {
  /** Base name of the program. */
  readonly program: string;
  /** Arguments that all of its processes have: those that name no path inside the container. */
  readonly args: readonly string[];
}

export interface PlannedEtcd {
  readonly endpoints: readonly string[];
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

export interface PlannedApiServer {
  /** Where this host reaches it. */
  readonly url: string;
  readonly etcdPrefix: string;
  /** Administrator's kubeconfig on this host; without it the API server's lists cannot be read. */
  readonly kubeconfig: string | undefined;
}
