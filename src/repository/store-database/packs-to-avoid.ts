import { listPruneMarkers, type Repository } from '../open/index.ts';

/**
 * Packs that a pruner is about to delete, SHA-256 in hex: what lies only in these is not there for a writer. To be
 * asked after the writer's session was put, and before the index is loaded.
 */
export async function findPacksToAvoid(
  repository: Repository,
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const packs = new Set<string>();
  for (const { statement } of await listPruneMarkers(repository, signal)) {
    // A marker that cannot be read may name any pack: nothing can be counted on.
    if (statement instanceof Error) throw statement;
    for (const pack of statement.packs) packs.add(pack);
  }
  return packs;
}
