import { createHash } from 'node:crypto';
import { hasCode, type OperationContext } from '../../base/index.ts';
import type { IndexedPack } from '../chunk-index/index.ts';
import { contentKey } from '../needed/index.ts';
import { isUnreadable, type Repository } from '../open/index.ts';
import { packName, type PackOpener } from '../pack/index.ts';

/** What is wrong with a pack. */
export interface PackDamage {
  readonly why: string;
  readonly isMissing?: boolean;
  /** Keys of contents in it that cannot be used. */
  readonly lost: ReadonlySet<string>;
}

/**
 * Reads a whole pack, and looks whether it is what its name says; when not, which of its contents still are. One that has
 * gone since it was listed is missing.
 */
export async function readPack(
  repository: Repository,
  pack: IndexedPack,
  { signal }: OperationContext,
): Promise<PackDamage | undefined> {
  const name = packName(pack.digest);
  let bytes: Uint8Array;
  try {
    bytes = await repository.storage.get(name, { signal });
  } catch (error) {
    if (hasCode(error, 'STORAGE_OBJECT_MISSING')) return missingPack(pack);
    throw error;
  }
  const isSame = createHash('sha256').update(bytes).digest().equals(pack.digest);
  const canOpen =
    pack.kind === 'tablePack' || repository.uses.includes(pack.kind === 'chunkPack' ? 'read' : 'bundle');
  if (isSame && !canOpen) return undefined;
  const lost = canOpen ? await lostPieces(repository, pack, bytes) : undefined;
  if (isSame && lost?.size === 0) return undefined;
  return {
    why: whyDamaged(pack, bytes.length, isSame),
    // Without the key nobody knows which of its contents are hit.
    lost: lost ?? keysOf(pack),
  };
}

/** A pack that is missing. */
export function missingPack(pack: IndexedPack): PackDamage {
  return { why: 'is missing', isMissing: true, lost: keysOf(pack) };
}

function whyDamaged({ sizeBytes }: IndexedPack, foundBytes: number, isSame: boolean): string {
  if (isSame) return 'holds something else than the index says';
  if (foundBytes !== sizeBytes) return `has ${foundBytes} bytes instead of ${sizeBytes}`;
  return 'is not what was written: its SHA-256 is another';
}

function keysOf({ entries }: IndexedPack): ReadonlySet<string> {
  return new Set(entries.map(({ type, id }) => contentKey(type, id)));
}

async function lostPieces(
  repository: Repository,
  pack: IndexedPack,
  bytes: Uint8Array,
): Promise<ReadonlySet<string>> {
  const lost = new Set<string>();
  let opener: PackOpener | undefined;
  try {
    opener = await repository.openPack(pack);
  } catch (error) {
    if (!isUnreadable(error) && !hasCode(error, 'REPOSITORY_KEY_INSUFFICIENT')) throw error;
  }
  for (const entry of pack.entries) {
    try {
      if (opener === undefined) lost.add(contentKey(entry.type, entry.id));
      else opener.open(entry, bytes.subarray(entry.offset, entry.offset + entry.pieceBytes));
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      lost.add(contentKey(entry.type, entry.id));
    }
  }
  return lost;
}
