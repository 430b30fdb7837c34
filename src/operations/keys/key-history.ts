import type { OperationContext } from '../../base/index.ts';
import type { SourceRevision } from '../objects/source/index.ts';
import { type KeysOptions, openKeys } from './open-keys.ts';

export interface KeyHistoryOptions extends KeysOptions {
  readonly key: Uint8Array;
}

export interface KeyHistory {
  readonly source: string;
  readonly key: Uint8Array;
  /** Revisions below it may be gone; -1 when nothing was compacted, or a live etcd does not tell. */
  readonly compactRevision: bigint;
  /** Oldest first; empty when the source holds none. */
  readonly revisions: readonly SourceRevision[];
}

/** Every revision of a key that a source still holds, deletions too. Errors: those of opening the source. */
export async function keyHistory(options: KeyHistoryOptions, ctx: OperationContext): Promise<KeyHistory> {
  await using source = await openKeys(options, ctx);
  return {
    source: source.description,
    key: options.key,
    compactRevision: source.compactRevision,
    revisions: await source.history(options.key),
  };
}
