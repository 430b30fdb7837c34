import type { OperationContext } from '../../base/index.ts';
import { contentKey } from '../needed/index.ts';
import type { Repository } from '../open/index.ts';
import { type PackKind, packDirectory, packName, type PieceType, pieceTypes } from '../pack/index.ts';

/** What the objects of a store are, as far as their names and the index say. */
export type ObjectGroup =
  | PackKind
  /** Packs that no segment of the index names. */
  | 'unnamedPack'
  | 'index'
  | 'record'
  /** `config`, `generations/`, `keys/`. */
  | 'key'
  /** Pins, results, tombstones, sessions, markers. */
  | 'statement'
  /** What others keep in the same place. */
  | 'foreign';

export interface CountedObjects {
  readonly objects: number;
  readonly bytes: number;
}

/** Contents of one type, each counted once however many places it has. */
export interface CountedContents {
  readonly contents: number;
  /** Before compression. */
  readonly contentBytes: number;
  /** In packs: compressed and sealed. */
  readonly pieceBytes: number;
}

const groupOfDirectory: Readonly<Record<string, ObjectGroup>> = {
  config: 'key',
  generations: 'key',
  keys: 'key',
  index: 'index',
  backups: 'record',
  sessions: 'statement',
  prune: 'statement',
  forgotten: 'statement',
  pins: 'statement',
  results: 'statement',
};

/** All objects in the store by what they are. Errors: those of the store. */
export async function countObjects(
  repository: Repository,
  { signal }: OperationContext,
): Promise<ReadonlyMap<ObjectGroup, CountedObjects>> {
  // Listed after the index: what it names is there by then.
  const kinds = new Map<string, PackKind>();
  for (const { digest, kind } of (await repository.index(signal)).packs()) kinds.set(packName(digest), kind);
  const groups = new Map<ObjectGroup, { objects: number; bytes: number }>();
  for await (const { name, sizeBytes } of repository.storage.list('', { signal })) {
    const directory = name.split('/', 1)[0]!;
    const group = name.startsWith(packDirectory)
      ? (kinds.get(name) ?? 'unnamedPack')
      : (groupOfDirectory[directory] ?? 'foreign');
    const counted = groups.get(group) ?? { objects: 0, bytes: 0 };
    counted.objects++;
    counted.bytes += sizeBytes;
    groups.set(group, counted);
  }
  return groups;
}

/** What the index names, by type. Errors: those of the store. */
export async function countContents(
  repository: Repository,
  { signal }: OperationContext,
): Promise<Readonly<Record<PieceType, CountedContents>>> {
  const types = Object.keys(pieceTypes) as PieceType[];
  const counted = Object.fromEntries(
    types.map((type) => [type, { contents: 0, contentBytes: 0, pieceBytes: 0 }]),
  ) as Record<PieceType, { contents: number; contentBytes: number; pieceBytes: number }>;
  const seen = new Set<string>();
  for (const { entries } of (await repository.index(signal)).packs())
    for (const { type, id, contentBytes, pieceBytes } of entries) {
      const key = contentKey(type, id);
      if (seen.has(key)) continue;
      seen.add(key);
      const sum = counted[type];
      sum.contents++;
      sum.contentBytes += contentBytes;
      sum.pieceBytes += pieceBytes;
    }
  return counted;
}
