import { isHoldfastError, type OperationContext } from '../../base/index.ts';
import type { IndexedPack } from '../chunk-index/index.ts';
import { contentKey } from '../needed/index.ts';
import { deletePruneMarker, listPruneMarkers, segmentName } from '../open/index.ts';
import { packDirectory, packName } from '../pack/index.ts';
import { isPruner, liveSessions, type SessionLook } from './live-sessions.ts';
import { type IndexSegment, segmentsNaming, type StoredPack, stayingPacks } from './prune-plan.ts';
import type { PruneSurvey } from './prune-survey.ts';

/** Why nothing of a marker is deleted yet. */
export type Waiting =
  | {
      readonly for: 'writers';
      /** In words, one for each: who, and since when. */
      readonly writers: readonly string[];
    }
  | {
      /** The store's listings lag behind. */
      readonly for: 'listings';
      /** By the store's clock. */
      readonly untilMs: number;
    };

export interface Finished {
  readonly deletedPacks: number;
  readonly deletedSegments: number;
  readonly deletedBytes: number;
  readonly waiting?: Waiting;
}

/** A writer whose session is younger than the marker by this has seen the marker. */
const marginMs = 60_000;
/** How long a listing may lag behind. */
const lagMs = 3_600_000;

const nothing: Finished = { deletedPacks: 0, deletedSegments: 0, deletedBytes: 0 };

/**
 * Steps 4 to 6 of a pruner, for the markers that are there: their packs go, but those that a backup has come to need
 * meanwhile. Several markers are one. A marker that cannot be read goes: what it stood for is planned anew.
 */
export async function finishMarkers(
  survey: PruneSurvey,
  look: SessionLook,
  ctx: OperationContext,
): Promise<Finished> {
  const { repository } = survey;
  const marked = { packs: new Set<string>(), segments: new Set<string>() };
  const names: string[] = [];
  let putMs = 0;
  for (const { name, stat, statement } of await listPruneMarkers(repository, ctx.signal)) {
    names.push(name);
    putMs = Math.max(putMs, stat.modifiedMs);
    if (isHoldfastError(statement)) continue;
    for (const digest of statement.packs) marked.packs.add(`${packDirectory}${digest.slice(0, 2)}/${digest}`);
    for (const digest of statement.segments) marked.segments.add(segmentName(digest));
  }
  if (names.length === 0) return nothing;
  const waiting = await whatToWaitFor(survey, putMs, look, ctx);
  if (waiting !== undefined) return { ...nothing, waiting };

  const segments = await survey.segments(marked.segments);
  const packs = await survey.packs();
  const { contents, hasUnknownFiles } = await survey.needed();
  const going = packsThatGo(marked.packs, { segments, packs, needed: contents });
  if (hasUnknownFiles) for (const name of marked.packs) if (!survey.isOtherPack(name)) going.delete(name);
  const goingSegments = await renameStaying(survey, segments, { going, marked: marked.segments }, ctx);
  // One that slept for a day finds its session gone, and perhaps another pruner at work.
  await look.session.check(ctx.signal);
  // Segments first: what no segment names, no writer counts on.
  for (const name of goingSegments) await repository.storage.delete(name, { signal: ctx.signal });
  const deleted = packs.filter(({ name }) => going.has(name));
  for (const { name } of deleted) await repository.storage.delete(name, { signal: ctx.signal });
  for (const name of names) await deletePruneMarker(repository, name, ctx.signal);
  return {
    deletedPacks: deleted.length,
    deletedSegments: goingSegments.length,
    deletedBytes: deleted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

/** Writers that may not have seen the marker. */
async function whatToWaitFor(
  { repository }: PruneSurvey,
  markerMs: number,
  look: SessionLook,
  ctx: OperationContext,
): Promise<Waiting | undefined> {
  const untilMs = markerMs + lagMs;
  if (!repository.storage.capabilities.consistentList && look.storeNowMs < untilMs)
    return { for: 'listings', untilMs };
  const sessions = await liveSessions(repository, look, ctx);
  const writers = sessions.filter(
    (session) => !isPruner(session) && session.stat.modifiedMs < markerMs + marginMs,
  );
  if (writers.length === 0) return undefined;
  return {
    for: 'writers',
    writers: writers.map(({ name, statement }) =>
      isHoldfastError(statement)
        ? `${name}, which cannot be read`
        : `process ${statement.processId} on ${statement.host}, since ${statement.since}`,
    ),
  };
}

interface Surveyed {
  readonly segments: readonly IndexSegment[];
  readonly packs: readonly StoredPack[];
  readonly needed: ReadonlySet<string>;
}

/** The marked packs without those that hold something needed which has no other place. */
function packsThatGo(marked: ReadonlySet<string>, { segments, packs, needed }: Surveyed): Set<string> {
  const sizes = new Map(packs.map(({ name, sizeBytes }) => [name, sizeBytes]));
  const indexed = new Map<string, IndexedPack>();
  for (const segment of segments) for (const pack of segment.packs) indexed.set(packName(pack.digest), pack);
  const left = new Set(needed);
  const take = (pack: IndexedPack) => {
    let taken = 0;
    for (const { type, id } of pack.entries) if (left.delete(contentKey(type, id))) taken++;
    return taken > 0;
  };
  for (const [name, pack] of indexed) if (!marked.has(name) && sizes.get(name) === pack.sizeBytes) take(pack);
  const going = new Set(marked);
  for (const [name, pack] of indexed)
    if (marked.has(name) && sizes.has(name) && take(pack)) going.delete(name);
  const isSomethingMissing = [...left].some((key) => !key.startsWith('rowTable '));
  // What is missing may lie in a pack that no segment names.
  if (isSomethingMissing) for (const name of marked) if (!indexed.has(name)) going.delete(name);
  return going;
}

/** Sees to it that packs which stay are named by a segment that stays. Returns the names of those that go. */
async function renameStaying(
  { repository }: PruneSurvey,
  segments: readonly IndexSegment[],
  { going, marked }: { readonly going: ReadonlySet<string>; readonly marked: ReadonlySet<string> },
  { signal }: OperationContext,
): Promise<readonly string[]> {
  const naming = new Set(segmentsNaming(segments, going));
  const leaving = segments.filter((segment) => marked.has(segment.name) || naming.has(segment));
  const leavingNames = new Set(leaving.map(({ name }) => name));
  const named = new Set<string>();
  for (const { name, packs } of segments)
    if (!leavingNames.has(name)) for (const { digest } of packs) named.add(packName(digest));
  const unnamed = stayingPacks(leaving, going).filter(({ digest }) => !named.has(packName(digest)));
  if (unnamed.length > 0) await repository.putSegment(unnamed, signal);
  return [...leavingNames];
}
