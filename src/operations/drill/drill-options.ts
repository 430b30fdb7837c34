import type { DecryptionOptions } from '../objects/decode/index.ts';

export interface DrillOptions extends DecryptionOptions {
  /** Path of a snapshot, a database or a data dir. It is only ever read. */
  readonly source: string;
  /** Where the write-ahead log of a data dir is; default `<data-dir>/member/wal`. */
  readonly walDir?: string;
  /** The etcd to start; without one, the embedded server answers. */
  readonly etcdProgram?: string;
  /** A kube-apiserver to start on it, too. */
  readonly kubeApiserverProgram?: string;
  /** The API server's `--etcd-prefix`; default the one that is found. */
  readonly prefix?: string;
  /** Where the sandbox is made: a directory for temporary files, with room for the data and as much again. */
  readonly workDir: string;
  /** Leave the sandbox behind. */
  readonly keep?: boolean;
  /** Limit for each wait: for the first answer, for a hash, for the API server; default two minutes. */
  readonly waitTimeoutMs?: number;
  /** What is known from elsewhere about the backup. */
  readonly expect?: DrillExpectations;
}

/** What no file can tell of itself: with these, also a file that is sound and another one is noticed. */
export interface DrillExpectations {
  /** SHA-256 of the whole file, hex. */
  readonly fileSha256?: string;
  /** HashKV of the live cluster at the revision of the backup. */
  readonly hashKv?: number;
  /** Current revision of the backup. */
  readonly revision?: bigint;
  /** Names or ids (hex) of members that must be in it. */
  readonly members?: readonly string[];
  /** Cluster id, hex; only data dirs know theirs. */
  readonly clusterId?: string;
}
