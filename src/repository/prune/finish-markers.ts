import { isHoldfastError, type OperationContext } from '../../base/index.ts';
import type { IndexedPack } from '../chunk-index/index.ts';
import { contentKey } from '../needed/index.ts';
import {
  deletePruneMarker,
  listPruneMarkers,
  type Repository,
  segmentName,
  type StoredSession,
} from '../open/index.ts';
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
export const marginMs = 60_000;
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
  const marked = await readMarked(repository, ctx.signal);
  if (marked === undefined) return nothing;
  const sessions = await liveSessions(repository, look, ctx);
  const waiting = whatToWaitFor(repository, { ...marked, sessions, storeNowMs: look.storeNowMs });
  if (waiting !== undefined) return { ...nothing, waiting };

  const { index, deleted } = await whatGoes(survey, marked);
  if (index.unnamed.length > 0) await repository.putSegment(index.unnamed, ctx.signal);
  // One that slept for a day finds its session gone, and perhaps another pruner at work.
  await look.session.check(ctx.signal);
  // Segments first: what no segment names, no writer counts on.
  for (const name of index.leaving) await repository.storage.delete(name, { signal: ctx.signal });
  for (const { name } of deleted) await repository.storage.delete(name, { signal: ctx.signal });
  for (const name of marked.names) await deletePruneMarker(repository, name, ctx.signal);
  return {
    deletedPacks: deleted.length,
    deletedSegments: index.leaving.length,
    deletedBytes: deleted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

/** The markers that are there, as one. */
export interface Marked {
  readonly names: readonly string[];
  readonly packs: ReadonlySet<string>;
  readonly segments: ReadonlySet<string>;
  /** When the last of them was put, by the store's clock. */
  readonly markerMs: number;
}

/** Undefined when there is no marker. */
export async function readMarked(repository: Repository, signal: AbortSignal): Promise<Marked | undefined> {
  const packs = new Set<string>();
  const segments = new Set<string>();
  const names: string[] = [];
  let markerMs = 0;
  for (const { name, stat, statement } of await listPruneMarkers(repository, signal)) {
    names.push(name);
    markerMs = Math.max(markerMs, stat.modifiedMs);
    if (isHoldfastError(statement)) continue;
    for (const digest of statement.packs) packs.add(`${packDirectory}${digest.slice(0, 2)}/${digest}`);
    for (const digest of statement.segments) segments.add(segmentName(digest));
  }
  return names.length === 0 ? undefined : { names, packs, segments, markerMs };
}

/** What of the marked is not needed, as things are now. Nothing is changed. */
export async function whatGoes(survey: PruneSurvey, marked: Marked) {
  const segments = await survey.segments(marked.segments);
  const packs = await survey.packs();
  const { contents, hasUnknownFiles } = await survey.needed();
  const going = packsThatGo(marked.packs, { segments, packs, needed: contents });
  if (hasUnknownFiles) for (const name of marked.packs) if (!survey.isOtherPack(name)) going.delete(name);
  const index = planSegments(segments, { going, marked: marked.segments });
  return { index, deleted: packs.filter(({ name }) => going.has(name)) };
}

interface WaitingFacts extends Pick<Marked, 'markerMs'> {
  readonly sessions: readonly StoredSession[];
  readonly storeNowMs: number;
}

/** Writers that may not have seen the marker, or listings that may not show all of them. */
export function whatToWaitFor(
  { storage }: Repository,
  { markerMs, sessions, storeNowMs }: WaitingFacts,
): Waiting | undefined {
  const untilMs = markerMs + lagMs;
  if (!storage.capabilities.consistentList && storeNowMs < untilMs) return { for: 'listings', untilMs };
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

/** What becomes of the index when packs go: packs that stay are named by a segment that stays. */
function planSegments(
  segments: readonly IndexSegment[],
  { going, marked }: { readonly going: ReadonlySet<string>; readonly marked: ReadonlySet<string> },
) {
  const naming = new Set(segmentsNaming(segments, going));
  const isLeaving = (segment: IndexSegment) => marked.has(segment.name) || naming.has(segment);
  const leaving = segments.filter(isLeaving);
  const staying = segments.filter((segment) => !isLeaving(segment));
  const named = new Set<string>();
  for (const { packs } of staying) for (const { digest } of packs) named.add(packName(digest));
  const unnamed = stayingPacks(leaving, going).filter(({ digest }) => !named.has(packName(digest)));
  return { leaving: leaving.map(({ name }) => name), staying, unnamed };
}
