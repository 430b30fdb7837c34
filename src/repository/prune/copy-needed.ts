import type { OperationContext } from '../../base/index.ts';
import type { IndexedPack } from '../chunk-index/index.ts';
import { isUnreadable, type Repository } from '../open/index.ts';
import { PackBuilder, packName } from '../pack/index.ts';
import type { Repacking } from './prune-plan.ts';

export interface CopiedContents {
  readonly packs: readonly IndexedPack[];
  /** Names of packs out of which something could not be read: they have to stay. */
  readonly damaged: readonly string[];
}

/** Copies contents into new packs, and puts these. Each is opened and checked before it is sealed anew. */
export async function copyNeeded(
  repository: Repository,
  repack: readonly Repacking[],
  { signal }: OperationContext,
): Promise<CopiedContents> {
  const packs: IndexedPack[] = [];
  const damaged = new Set<string>();
  const builders = new Map<IndexedPack['kind'], PackBuilder>();
  const close = async (builder: PackBuilder) => {
    builders.delete(builder.kind);
    const pack = await builder.finish();
    await repository.putPack(pack, signal);
    packs.push(pack);
  };
  for (const { pack, entries } of repack) {
    for (const entry of entries) {
      let content: Uint8Array;
      try {
        content = await repository.readPlace({ pack, entry }, signal);
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        damaged.add(packName(pack.digest));
        break;
      }
      const builder = builders.get(pack.kind) ?? new PackBuilder(repository.keys, pack.kind);
      builders.set(pack.kind, builder);
      await builder.add(entry.type, entry.id, content);
      if (builder.isFull) await close(builder);
    }
  }
  for (const builder of [...builders.values()]) await close(builder);
  return { packs, damaged: [...damaged] };
}
