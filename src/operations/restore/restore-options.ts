import type { NewMember } from '../../formats/data-dir/index.ts';

/** What `snapshot restore` takes; the defaults are etcdutl's. */
export interface RestoreOptions {
  readonly snapshotPath: string;
  /** `--name`, default "default". */
  readonly name?: string;
  /** `--data-dir`, default `<name>.etcd`. It may exist when it is empty. */
  readonly dataDir?: string;
  /** `--wal-dir`, default `<data-dir>/member/wal`. It must not exist. */
  readonly walDir?: string;
  /** `--initial-cluster`, default "default=http://localhost:2380" whatever the name. */
  readonly initialCluster?: string;
  /** `--initial-cluster-token`, default "etcd-cluster". */
  readonly initialClusterToken?: string;
  /** `--initial-advertise-peer-urls`: comma list, default "http://localhost:2380". */
  readonly initialAdvertisePeerUrls?: string;
  /** `--skip-hash-check`: accept a file without digest, or with a wrong one. */
  readonly skipHashCheck?: boolean;
  /** `--bump-revision`: how much to add to the latest revision; 0 for none. */
  readonly bumpRevision?: bigint;
  /** `--mark-compacted`: goes with a bump, and a bump with it. */
  readonly markCompacted?: boolean;
  /** Write a defragmented database instead of a copy with changes. */
  readonly compact?: boolean;
  /** `--initial-memory-map-size`: has no effect here; it is logged as etcdutl logs it. */
  readonly initialMemoryMapSizeBytes?: bigint;
  /** Whether the result's `status.hash` is wanted, by default yes. It is for reading only: no check rests on it. */
  readonly statusHash?: boolean;
  /**
   * SHA-256 of the whole file as it was when it was looked at before, lower-case hex: another file of that name is not
   * restored. Not looked at with `skipHashCheck`.
   */
  readonly fileSha256?: string;
}

export const restoreDefaults = {
  name: 'default',
  initialCluster: 'default=http://localhost:2380',
  initialClusterToken: 'etcd-cluster',
  initialAdvertisePeerUrls: 'http://localhost:2380',
} as const;

export interface RestoreResult {
  readonly dataDir: string;
  readonly walDir: string;
  readonly databasePath: string;
  readonly clusterId: bigint;
  /** Id of the member that the data dir is for. */
  readonly memberId: bigint;
  /** In ascending order of id. */
  readonly members: readonly NewMember[];
  /** Main revision of the last row after the restore. */
  readonly revision: bigint;
  /** What `snapshot status` says about the restored database. */
  readonly status: {
    /** It may be undefined when it was not asked for. */
    readonly hash: number | undefined;
    readonly totalKeys: number;
    readonly version: string | undefined;
    readonly sizeBytes: number;
  };
}
