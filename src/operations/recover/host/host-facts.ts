import type { Discovery } from '../../discover/index.ts';
import type { Ledger } from '../../ledger/index.ts';
import type { PendingRecovery } from '../journal/index.ts';
import type { ManifestRole, PlannedOwner, ProcessMark } from '../plan/index.ts';
import type { DataDirFacts } from '../revisions/index.ts';

/** Everything that a plan needs to know of a host, as it is before anything is touched. Paths are host paths. */
export interface HostFacts {
  readonly host: string;
  readonly discovery: Discovery;
  /** The control plane's static pods, those that have one. */
  readonly manifests: readonly ManifestFacts[];
  readonly dataDir: DataDirPlace | undefined;
  readonly ledger: Ledger | Problem | undefined;
  /** Administrator's kubeconfig. */
  readonly kubeconfig: string | undefined;
  /** Whether the API server says so at this moment. */
  readonly apiServerReady: boolean;
  /** A systemd unit of the kubelet that is active and can be restarted. */
  readonly kubeletUnit: string | undefined;
  /** Beginnings of values that the API server can decrypt; undefined when it encrypts nothing. */
  readonly readablePrefixes: readonly string[] | Problem | undefined;
  /** Whether a directory beside the manifests dir is on the same file system. */
  readonly canFence: boolean;
  /** Whether the host's processes can be seen at all. */
  readonly seesProcesses: boolean;
  readonly pending: PendingRecovery | undefined;
}

/** Why a fact is missing. */
export interface Problem {
  readonly problem: string;
}

export interface ManifestFacts {
  readonly role: ManifestRole;
  readonly file: string;
  readonly text: string;
  readonly process: ProcessMark;
}

/** Where etcd's data is, and what is there. */
export interface DataDirPlace {
  readonly path: string;
  readonly exists: boolean;
  /** A file system of its own: it cannot be renamed, what is in it can. */
  readonly isMountPoint: boolean;
  /** The log is in a directory of its own. */
  readonly walDir: string | undefined;
  readonly walDirExists: boolean;
  readonly owner: PlannedOwner;
  readonly content: DataDirFacts | Problem | undefined;
}

/** Whether a fact is there rather than a reason why not. */
export function isKnown<T>(fact: T | Problem | undefined): fact is T {
  return fact !== undefined && !(typeof fact === 'object' && fact !== null && 'problem' in fact);
}
