import type { OperationContext } from '../../base/index.ts';
import type { Repository, StoredSession } from '../open/index.ts';
import { readMarked, type Waiting, whatGoes, whatToWaitFor } from './finish-markers.ts';
import { isProcessGone, requireNoPruner, sortSessions } from './live-sessions.ts';
import type { PruneOptions, PruneResult } from './prune-result.ts';
import type { IndexSegment } from './prune-plan.ts';
import { PruneSurvey } from './prune-survey.ts';
import { planOf, protectedFrom } from './survey-plan.ts';

/**
 * What a prune would do now, read and not done: it waits for the writers for which the prune would wait, and counts
 * as deleted what that would delete before it ends. The store's clock shows only to those who put something, so the
 * one here stands for it; packs that turn out to be damaged while they are copied are not foreseen.
 *
 * Errors: those of `pruneRepository`.
 */
export async function foreseePrune(
  repository: Repository,
  { maxRepackBytes, isGone = isProcessGone }: PruneOptions,
  ctx: OperationContext,
): Promise<PruneResult> {
  const storeNowMs = ctx.clock.now();
  const { live } = await sortSessions(repository, { storeNowMs, isGone }, ctx.signal);
  requireNoPruner(live);
  const survey = new PruneSurvey(repository, ctx);
  const earlier = await foreseeMarkers(survey, live, storeNowMs, ctx);
  const plan = await planOf(survey, {
    ...(maxRepackBytes !== undefined && { maxRepackBytes }),
    protectedFromMs: protectedFrom(storeNowMs, live),
    ...(earlier.segments !== undefined && {
      after: { gone: new Set(earlier.deleted.map(({ name }) => name)), segments: earlier.segments },
    }),
  });
  const isMarkerPut = plan.deletePacks.length > 0 || plan.replacedSegments.length > 0;
  const now = { markerMs: storeNowMs, sessions: live, storeNowMs };
  const waiting = earlier.waiting ?? (isMarkerPut ? whatToWaitFor(repository, now) : undefined);
  const planned = waiting === undefined ? plan.totals : { deletedPacks: 0, deletedBytes: 0 };
  return {
    totals: plan.totals,
    missing: plan.missing.length,
    deletedPacks: earlier.deleted.length + planned.deletedPacks,
    deletedSegments: 0,
    deletedBytes: earlier.deleted.reduce((sum, { sizeBytes }) => sum + sizeBytes, planned.deletedBytes),
    ...(waiting !== undefined && { waiting }),
  };
}

interface ForeseenMarkers {
  readonly deleted: readonly { readonly name: string; readonly sizeBytes: number }[];
  readonly waiting?: Waiting;
  /** The index after that; none when it stays as it is. */
  readonly segments?: readonly IndexSegment[];
}

/** What the markers of earlier prunes come to. */
async function foreseeMarkers(
  survey: PruneSurvey,
  sessions: readonly StoredSession[],
  storeNowMs: number,
  ctx: OperationContext,
): Promise<ForeseenMarkers> {
  const marked = await readMarked(survey.repository, ctx.signal);
  if (marked === undefined) return { deleted: [] };
  const waiting = whatToWaitFor(survey.repository, { ...marked, sessions, storeNowMs });
  if (waiting !== undefined) return { deleted: [], waiting };
  const { index, deleted } = await whatGoes(survey, marked);
  const added = index.unnamed.length === 0 ? [] : [{ name: 'a new segment', packs: index.unnamed }];
  return { deleted, segments: [...index.staying, ...added] };
}
