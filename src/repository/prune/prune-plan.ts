import { type IndexedPack } from '../chunk-index/index.ts';
import { packName, type PackKind, type PieceEntry } from '../pack/index.ts';
import { contentKey } from '../needed/index.ts';

/** A segment of the index as it was read. */
export interface IndexSegment {
  /** `index/<sha256>` */
  readonly name: string;
  readonly packs: readonly IndexedPack[];
}

/** A pack as the store lists it. */
export interface StoredPack {
  readonly name: string;
  readonly sizeBytes: number;
  /** When it was put, by the store's clock. */
  readonly modifiedMs: number;
}

export interface PruneInput {
  readonly packs: readonly StoredPack[];
  readonly segments: readonly IndexSegment[];
  /** What backups need: keys of `contentKey`. */
  readonly needed: ReadonlySet<string>;
  /** Packs that were put then or later are left alone: the store's time of the oldest session. */
  readonly protectedFromMs: number;
  /** The most bytes that are copied out of packs which are mostly waste. */
  readonly maxRepackBytes: number;
  /** Whether a pack that the list lacks is not there. Where listings lag behind, nobody knows. */
  readonly isListComplete: boolean;
  /** Whether what such a pack holds can be read with the keys at hand, and so be copied. */
  readonly canRepack: (kind: PackKind) => boolean;
  /** Names of packs out of which nothing can be copied. */
  readonly damagedPacks: ReadonlySet<string>;
}

/** A pack out of which the needed contents are copied before it goes. */
export interface Repacking {
  readonly pack: IndexedPack;
  readonly entries: readonly PieceEntry[];
}

/** What a prune will do. A function of its input, so that it can be shown before and tested without a store. */
export interface PrunePlan {
  readonly repack: readonly Repacking[];
  /** Names of packs without anything needed, and of those that are repacked. */
  readonly deletePacks: readonly string[];
  /** Names of segments that go. */
  readonly replacedSegments: readonly string[];
  /** The packs of these segments that stay: a new segment names them. */
  readonly renamedPacks: readonly IndexedPack[];
  /** Keys of needed contents that lie nowhere. */
  readonly missing: readonly string[];
  readonly totals: PruneTotals;
}

export interface PruneTotals {
  readonly packs: number;
  readonly packBytes: number;
  readonly deletedPacks: number;
  readonly deletedBytes: number;
  /** Bytes of pieces that are copied, a part of `deletedBytes` that comes back in new packs. */
  readonly repackedBytes: number;
  /** Bytes of packs that no backup needs and that stay: in use in part, or too young. */
  readonly wasteBytes: number;
}

/** More segments than this are put together into one. */
const mostSegments = 32;

interface PackUse {
  readonly stored: StoredPack;
  readonly pack: IndexedPack | undefined;
  readonly isProtected: boolean;
  neededBytes: number;
  readonly needed: PieceEntry[];
}

/** Plans a prune. Pure: nothing is read or changed. */
export function planPrune(input: PruneInput): PrunePlan {
  const uses = usesOf(input);
  const missing = assignNeeded(uses, input.needed);
  const repack = chooseRepacking(uses.values(), input);
  const repacked = new Set(repack.map(({ stored }) => stored.name));
  const isGoing = (use: PackUse) => {
    if (use.isProtected) return false;
    // What is missing may lie in a pack that the index does not name, or is the rest of one that is cut off.
    if (missing.length > 0 && !isSound(use)) return false;
    return use.needed.length === 0 || repacked.has(use.stored.name);
  };
  const going = [...uses.values()].filter(isGoing);
  const deletePacks = new Set(going.map(({ stored }) => stored.name));
  const unnamed = new Set(deletePacks);
  if (input.isListComplete && missing.length === 0)
    for (const { packs } of input.segments)
      for (const { digest } of packs) if (!uses.has(packName(digest))) unnamed.add(packName(digest));
  const replaced =
    input.segments.length > mostSegments ? input.segments : segmentsNaming(input.segments, unnamed);
  return {
    repack: repack.map(({ pack, needed }) => ({ pack: pack!, entries: needed })),
    deletePacks: [...deletePacks].sort(),
    replacedSegments: replaced.map(({ name }) => name),
    renamedPacks: stayingPacks(replaced, unnamed),
    missing,
    totals: totalsOf([...uses.values()], going, repack),
  };
}

/** The packs that these segments name, each once, without those that go. */
export function stayingPacks(
  segments: readonly IndexSegment[],
  going: ReadonlySet<string>,
): readonly IndexedPack[] {
  const staying = new Map<string, IndexedPack>();
  for (const { packs } of segments)
    for (const pack of packs) {
      const name = packName(pack.digest);
      if (!going.has(name)) staying.set(name, pack);
    }
  return [...staying.values()];
}

function usesOf({ packs, segments, protectedFromMs }: PruneInput): ReadonlyMap<string, PackUse> {
  const indexed = new Map<string, IndexedPack>();
  for (const segment of segments) for (const pack of segment.packs) indexed.set(packName(pack.digest), pack);
  return new Map(
    packs.map((stored) => {
      const isProtected = stored.modifiedMs >= protectedFromMs;
      const pack = indexed.get(stored.name);
      return [stored.name, { stored, pack, isProtected, neededBytes: 0, needed: [] }];
    }),
  );
}

/** Whether a pack is known and has the size that was written. What another one holds is not counted on. */
function isSound({ pack, stored }: PackUse): boolean {
  return pack !== undefined && pack.sizeBytes === stored.sizeBytes;
}

/**
 * Gives each needed content one place, and returns those that have none. Contents with several places go to the pack
 * that stays anyway, or has the most of what lies nowhere else, so that the others can go.
 */
function assignNeeded(uses: ReadonlyMap<string, PackUse>, needed: ReadonlySet<string>): string[] {
  const places = new Map<string, { readonly use: PackUse; readonly entry: PieceEntry }[]>();
  for (const use of uses.values()) {
    if (!isSound(use)) continue;
    for (const entry of use.pack?.entries ?? []) {
      const key = contentKey(entry.type, entry.id);
      if (!needed.has(key)) continue;
      const known = places.get(key);
      if (known === undefined) places.set(key, [{ use, entry }]);
      else known.push({ use, entry });
    }
  }
  const take = ({ use, entry }: { readonly use: PackUse; readonly entry: PieceEntry }) => {
    use.neededBytes += entry.pieceBytes;
    use.needed.push(entry);
  };
  const several = [...places.values()].filter((found) => found.length > 1);
  for (const found of places.values()) if (found.length === 1) take(found[0]!);
  for (const found of several) {
    const rank = ({ use }: (typeof found)[number]) => (use.isProtected ? Infinity : use.neededBytes);
    take(found.reduce((best, place) => (rank(place) > rank(best) ? place : best)));
  }
  // Chunks of form 2 have no row table, and one that is missing is made anew by the next writer.
  return [...needed].filter((key) => !places.has(key) && !key.startsWith('rowTable '));
}

/** Packs of which less than half is needed, those with the least first, as far as the bound goes. */
function chooseRepacking(uses: Iterable<PackUse>, input: PruneInput): PackUse[] {
  const { maxRepackBytes, canRepack, damagedPacks } = input;
  const share = ({ neededBytes, stored }: PackUse) => neededBytes / stored.sizeBytes;
  const candidates = [...uses]
    .filter((use) => isSound(use) && !use.isProtected && use.needed.length > 0)
    .filter(({ stored }) => !damagedPacks.has(stored.name))
    .filter((use) => share(use) < 0.5 && canRepack(use.pack!.kind))
    .sort((a, b) => share(a) - share(b));
  let leftBytes = maxRepackBytes;
  return candidates.filter(({ neededBytes }) => {
    if (neededBytes > leftBytes) return false;
    leftBytes -= neededBytes;
    return true;
  });
}

/** Segments that name any of these packs. */
export function segmentsNaming(
  segments: readonly IndexSegment[],
  packs: ReadonlySet<string>,
): readonly IndexSegment[] {
  return segments.filter((segment) => segment.packs.some(({ digest }) => packs.has(packName(digest))));
}

function totalsOf(
  uses: readonly PackUse[],
  going: readonly PackUse[],
  repack: readonly PackUse[],
): PruneTotals {
  const bytesOf = (packs: readonly PackUse[]) => packs.reduce((sum, { stored }) => sum + stored.sizeBytes, 0);
  const neededOf = (packs: readonly PackUse[]) => packs.reduce((sum, use) => sum + use.neededBytes, 0);
  const packBytes = bytesOf(uses);
  const deletedBytes = bytesOf(going);
  const gone = new Set(going);
  const staying = uses.filter((use) => !gone.has(use));
  return {
    packs: uses.length,
    packBytes,
    deletedPacks: going.length,
    deletedBytes,
    repackedBytes: neededOf(repack),
    wasteBytes: staying.reduce((sum, use) => sum + wasteOf(use), 0),
  };
}

/** What nobody needs of a pack that stays; its header and its table are needed as long as anything in it is. */
function wasteOf(use: PackUse): number {
  const { stored, pack, needed, neededBytes } = use;
  if (needed.length === 0 || pack === undefined || !isSound(use)) return stored.sizeBytes - neededBytes;
  return pack.entries.reduce((sum, { pieceBytes }) => sum + pieceBytes, 0) - neededBytes;
}
