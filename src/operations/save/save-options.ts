import type { EtcdClientOptions } from '../../etcd/client/index.ts';

export interface SaveSnapshotOptions {
  /** How to reach etcd. Its `commandTimeoutMs` does not limit the save: see `timeoutMs`. */
  readonly client: EtcdClientOptions;
  readonly target: SaveTarget;
  /** With several endpoints: choose one instead of refusing. */
  readonly anyEndpoint?: boolean;
  /** Give up with SAVE_STALLED after this long without data; default 30000; 0: wait for ever. */
  readonly stallTimeoutMs?: number;
  /** Limit for the whole save; none by default, because a large database takes its time. */
  readonly timeoutMs?: number;
}

/** A file, written under `<path>.part` until it is verified, or a stream such as stdout. */
export type SaveTarget =
  | { readonly path: string; readonly force?: boolean }
  | { readonly sink: SnapshotSink };

/** Where a snapshot goes that is not to become a file here. It sees unverified bytes. */
export interface SnapshotSink {
  /** Resolves when the bytes were taken; they are overwritten after that. */
  write(bytes: Uint8Array): Promise<void>;
  /** Everything was written and is verified. */
  end?(): Promise<void>;
}

export interface SaveSnapshotResult {
  /** Undefined when a sink took the bytes. */
  readonly path: string | undefined;
  /** Database and digest. */
  readonly sizeBytes: number;
  readonly databaseBytes: number;
  /** Digest of the database, lower-case hex; the last 32 bytes of the file are the same. */
  readonly sha256: string;
  /** Storage version as etcd tells it from 3.6 on, such as `3.6.0`; empty before. */
  readonly version: string;
  readonly endpoint: string;
  /** Why this endpoint was chosen; empty when there was no choice. */
  readonly endpointReason: string;
  readonly tookMs: number;
}
