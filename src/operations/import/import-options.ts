import type { ImportFormat } from '../import-choices/index.ts';
import type { SnapshotStatus } from '../status/index.ts';

/** What opens sealed backups. Each is asked for only when a file needs it. */
export interface ImportSecrets {
  /** age identities, `AGE-SECRET-KEY-1…` each. */
  readonly identities?: () => Promise<readonly string[]>;
  /** The passphrase of files that age sealed with one; undefined when there is none. */
  readonly passphrase?: () => Promise<string | undefined>;
}

export interface ImportOptions {
  /** Files or one directory: a snapshot, a data dir, a chain of full and delta snapshots, a pair of files. */
  readonly paths: readonly [string, ...string[]];
  /** The snapshot to write: a database with a SHA-256 at its end, which every command takes. */
  readonly out: string;
  /** What the backup must be; found out when absent. */
  readonly format?: ImportFormat;
  readonly secrets?: ImportSecrets;
  /** Whether an existing `out` may be replaced. */
  readonly force?: boolean;
  /** Most bytes that anything may unpack to; default 16 GiB. */
  readonly maxUnpackedBytes?: number;
}

/** One file that was read. */
export interface ImportedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the file as it lies there, lower-case hex. */
  readonly sha256: string;
  /** What was taken off, from the outside in: `age`, `zstd`, `gzip`, `zlib`, `lzw`, `zip`, `tar`. */
  readonly layers: readonly string[];
  /** What was inside: a database with its digest, one without, or changes since one. */
  readonly content: 'snapshot' | 'database' | 'delta';
}

/** Something beside the database that was seen and not made part of it. */
export interface UnusedItem {
  readonly path: string;
  readonly why: string;
}

/** A file inside an archive of static pod resources; nothing of it is unpacked. */
export interface BundleFile {
  readonly name: string;
  readonly sizeBytes: number;
}

/** What full and delta snapshots came to. */
export interface ImportedChain {
  /** Revision of the full snapshot. */
  readonly fullRevision: bigint;
  readonly deltas: number;
  readonly appliedEvents: number;
  /** Events that the full snapshot, or an earlier delta, held already. */
  readonly repeatedEvents: number;
}

/** How a data dir's log was used. */
export interface ImportedLog {
  readonly clusterId: bigint;
  readonly memberId: bigint;
  readonly appliedEntries: number;
  readonly appliedIndex: bigint;
  /** Entries at the end that nobody knows to be committed; they were left out. */
  readonly uncommittedEntries: number;
}

export interface ImportResult {
  readonly out: string;
  readonly format: ImportFormat;
  /** Whether a digest came with the backup, and matched. What has none is checked by its structure and rows alone. */
  readonly digest: 'verified' | 'none';
  readonly files: readonly ImportedFile[];
  /** Of `out`. */
  readonly sizeBytes: number;
  readonly fileSha256: string;
  readonly status: SnapshotStatus;
  readonly compactRevision: bigint;
  /** Names of the members in it; a name is empty when a member never started. */
  readonly members: readonly string[];
  readonly clusterVersion: string | undefined;
  /** What files beside the database say of it: versions, times, labels. */
  readonly facts: Readonly<Record<string, string>>;
  readonly chain: ImportedChain | undefined;
  readonly log: ImportedLog | undefined;
  /** Files of a bundle of static pod resources that lay beside the database. */
  readonly bundle: { readonly path: string; readonly files: readonly BundleFile[] } | undefined;
  readonly notUsed: readonly UnusedItem[];
  readonly warnings: readonly string[];
}
