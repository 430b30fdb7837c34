import type { OperationContext } from '../../base/index.ts';
import {
  pruneRepository,
  type PruneOptions,
  type PruneResult,
  type Repository,
} from '../../repository/index.ts';

export interface PruneStoredOptions extends Pick<PruneOptions, 'maxRepackBytes' | 'dryRun'> {
  readonly repository: Repository;
}

export type PruneStoredResult = PruneResult;

/** Frees what no backup needs. Errors: those of `pruneRepository`. */
export function pruneStoredRepository(
  { repository, ...options }: PruneStoredOptions,
  ctx: OperationContext,
): Promise<PruneStoredResult> {
  return pruneRepository(repository, options, ctx);
}
