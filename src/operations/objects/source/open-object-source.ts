import type { OperationContext } from '../../../base/index.ts';
import type { EtcdClientOptions } from '../../../etcd/index.ts';
import type { ObjectSource } from './object-source.ts';

export interface ObjectSourceOptions {
  /** Path of a snapshot, a database or a data dir; or a live etcd. */
  readonly source: string | { readonly live: EtcdClientOptions };
  /** Main revision to look at; 0 or none for the current one. */
  readonly revision?: bigint;
  /** The API server's `--etcd-prefix`; without it, those that are found. */
  readonly prefix?: string;
  /** Writes the index of a file beside it, for the next look; one that is there is used in any case. */
  readonly writeIndex?: boolean;
}

/**
 * Opens where objects come from. Dispose it.
 *
 * Errors: FILE_NOT_FOUND, NOT_A_REGULAR_FILE, FILE_NOT_READABLE, NOT_A_DATABASE, DATABASE_CORRUPT, RECORD_INVALID,
 * DATA_DIR_INVALID, WAL_CORRUPT, REVISION_COMPACTED, REVISION_FUTURE, USAGE (negative revision), INTERRUPTED; of a live
 * etcd those of its client.
 */
export declare function openObjectSource(
  options: ObjectSourceOptions,
  ctx: OperationContext,
): Promise<ObjectSource>;
