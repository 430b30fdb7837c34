import { hasCode, isHoldfastError, type OperationContext } from '../../base/index.ts';
import type { IndexedPack } from '../chunk-index/index.ts';
import { isUnreadable, openSession, type Repository } from '../open/index.ts';
import { decodePackFooter, type PackKind, packName } from '../pack/index.ts';
import { decodeHeader, headerBytes, objectKinds } from '../sealing/index.ts';
import { isProcessGone, lookOf, requireSolePruner, type StoredPack } from '../prune/index.ts';
import { objectOfName } from './object-names.ts';

export interface RebuildResult {
  /** Packs that the new index names. */
  readonly packs: number;
  /** Segments that were replaced. */
  readonly replaced: number;
  /**
   * Packs whose tables cannot be read, and why. The new index says of them what the old one said: their contents may be
   * whole. What the old one did not name is not in the new one either.
   */
  readonly unreadable: readonly { readonly name: string; readonly why: string }[];
}

const footerBytes = 8;
const kinds: readonly PackKind[] = ['chunkPack', 'tablePack', 'bundlePack'];

/**
 * Writes the index anew from the tables of the packs. Writers may go on meanwhile; pruners are kept out. Tables of
 * packs that this key does not open are taken from the segments that name them.
 *
 * Errors: REPOSITORY_BUSY, those of the store.
 */
export async function rebuildIndex(repository: Repository, ctx: OperationContext): Promise<RebuildResult> {
  const { storage } = repository;
  const { signal } = ctx;
  await using session = await openSession(repository, 'rebuild-index', ctx);
  await requireSolePruner(repository, await lookOf(repository, session, { isGone: isProcessGone }, ctx), ctx);
  const { names, known } = await readSegments(repository, signal);
  const packs: IndexedPack[] = [];
  const unreadable: { name: string; why: string }[] = [];
  for await (const stored of storage.list('packs/', { signal })) {
    if (objectOfName(stored.name) !== 'pack') continue;
    try {
      packs.push(await readTable(repository, stored, known.get(stored.name), signal));
    } catch (error) {
      if (hasCode(error, 'STORAGE_OBJECT_MISSING')) continue;
      if (!isUnreadable(error) && !hasCode(error, 'REPOSITORY_KEY_INSUFFICIENT')) throw error;
      unreadable.push({ name: stored.name, why: error.message });
      const before = known.get(stored.name);
      if (before !== undefined) packs.push(before);
    }
  }
  if (packs.length > 0) await repository.putSegment(packs, signal);
  await session.check(signal);
  for (const name of names) await storage.delete(name, { signal });
  await repository.reloadIndex(signal);
  return { packs: packs.length, replaced: names.length, unreadable };
}

async function readSegments(repository: Repository, signal: AbortSignal) {
  const names: string[] = [];
  const known = new Map<string, IndexedPack>();
  for await (const { name } of repository.storage.list('index/', { signal })) {
    if (objectOfName(name) !== 'segment') continue;
    names.push(name);
    try {
      for (const pack of await repository.readSegment(name, signal)) known.set(packName(pack.digest), pack);
    } catch (error) {
      if (!isHoldfastError(error) || !isUnreadable(error)) throw error;
    }
  }
  return { names, known };
}

async function readTable(
  repository: Repository,
  { name, sizeBytes }: StoredPack,
  known: IndexedPack | undefined,
  signal: AbortSignal,
): Promise<IndexedPack> {
  const { storage, uses } = repository;
  const header = await storage.get(name, { lengthBytes: headerBytes, signal });
  const kind = kinds.find((each) => objectKinds[each] === header[4]) ?? 'chunkPack';
  decodeHeader(header, kind, name);
  const canOpen = kind === 'tablePack' || uses.includes(kind === 'chunkPack' ? 'read' : 'bundle');
  if (!canOpen && known?.sizeBytes === sizeBytes) return known;
  const digest = Uint8Array.from(Buffer.from(name.slice(-64), 'hex'));
  const opener = await repository.openPack({ digest, kind }, signal);
  const footerAt = Math.max(0, sizeBytes - footerBytes);
  const footer = await storage.get(name, { offset: footerAt, lengthBytes: footerBytes, signal });
  const { tableOffset, tableBytes } = decodePackFooter(footer, sizeBytes, name);
  const table = await storage.get(name, { offset: tableOffset, lengthBytes: tableBytes, signal });
  return { digest, kind, sizeBytes, entries: opener.openTable(table, tableOffset) };
}
