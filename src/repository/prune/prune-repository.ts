import { hostname } from 'node:os';
import { HoldfastError, type OperationContext } from '../../base/index.ts';
import { clearForgotten } from '../forget/index.ts';
import { openSession, putPruneMarker, type Repository, type Session } from '../open/index.ts';
import { copyNeeded } from './copy-needed.ts';
import { finishMarkers, marginMs } from './finish-markers.ts';
import { foreseePrune } from './foresee-prune.ts';
import { isProcessGone, liveSessions, requireNoPruner, type SessionLook } from './live-sessions.ts';
import type { PrunePlan } from './prune-plan.ts';
import type { PruneOptions, PruneResult } from './prune-result.ts';
import { PruneSurvey } from './prune-survey.ts';
import { planOf, protectedFrom } from './survey-plan.ts';

/**
 * Frees what no backup needs, in the order of `docs/formats/repository.md`. Writers may be at work all the time:
 * while one is that began before the plan was known, nothing is deleted, and the next prune goes on.
 *
 * Errors: REPOSITORY_BUSY (another prune or a rebuild of the index is at work), REPOSITORY_DAMAGED (what is needed
 * cannot be told), those of the store.
 */
export async function pruneRepository(
  repository: Repository,
  options: PruneOptions,
  ctx: OperationContext,
): Promise<PruneResult> {
  if (options.dryRun === true) return foreseePrune(repository, options, ctx);
  await using session = await openSession(repository, 'prune', ctx);
  const look = await lookOf(repository, session, options, ctx);
  const sessions = await requireSolePruner(repository, look, ctx);
  await clearForgotten(repository, ctx);
  const survey = new PruneSurvey(repository, ctx);
  const earlier = await finishMarkers(survey, look, ctx);
  if (earlier.waiting !== undefined) return { ...earlier, missing: 0 };
  const plan = await carryOut(
    survey,
    { ...options, protectedFromMs: protectedFrom(look.storeNowMs, sessions) },
    ctx,
  );
  const finished = await finishMarkers(survey, look, ctx);
  return {
    totals: plan.totals,
    missing: plan.missing.length,
    deletedPacks: earlier.deletedPacks + finished.deletedPacks,
    deletedSegments: earlier.deletedSegments + finished.deletedSegments,
    deletedBytes: earlier.deletedBytes + finished.deletedBytes,
    ...(finished.waiting !== undefined && { waiting: finished.waiting }),
  };
}

function sessionLost({ name }: Session): HoldfastError {
  return new HoldfastError('REPOSITORY_SESSION_LOST', `${name} was deleted while it was in use`);
}

/** The own session, and the store's time from it. Errors: REPOSITORY_SESSION_LOST. */
export async function lookOf(
  { storage }: Repository,
  session: Session,
  { isGone = isProcessGone }: Pick<PruneOptions, 'isGone'>,
  { signal }: OperationContext,
): Promise<SessionLook> {
  const own = await storage.stat(session.name, { signal });
  if (own === undefined) throw sessionLost(session);
  return { session, storeNowMs: own.modifiedMs, isGone };
}

/** Errors: REPOSITORY_BUSY. */
export async function requireSolePruner(
  repository: Repository,
  look: SessionLook,
  ctx: OperationContext,
): ReturnType<typeof liveSessions> {
  const sessions = await liveSessions(repository, look, ctx);
  requireNoPruner(sessions);
  return sessions;
}

/** Copies, puts the new segment, and then the marker. */
async function carryOut(
  survey: PruneSurvey,
  options: PruneOptions & { readonly protectedFromMs: number },
  ctx: OperationContext,
): Promise<PrunePlan> {
  const { repository } = survey;
  const damagedPacks = new Set<string>();
  let plan: PrunePlan;
  let copied: Awaited<ReturnType<typeof copyNeeded>>;
  do {
    plan = await planOf(survey, { ...options, damagedPacks });
    copied = await copyNeeded(repository, plan.repack, ctx);
    for (const name of copied.damaged) damagedPacks.add(name);
  } while (copied.damaged.length > 0);
  if (plan.deletePacks.length === 0 && plan.replacedSegments.length === 0) return plan;
  const named = [...plan.renamedPacks, ...copied.packs];
  if (named.length > 0) await repository.putSegment(named, ctx.signal);
  const now = ctx.clock.now();
  const marker = {
    plannedAt: new Date(now).toISOString(),
    host: hostname(),
    packs: plan.deletePacks.map(lastPart),
    segments: plan.replacedSegments.map(lastPart),
  };
  const name = await putPruneMarker(repository, marker, now, ctx.signal);
  // A store's time is that of the beginning of a put: writers that came before its end have not seen the marker, and
  // would count as younger. The time of a second one is behind them.
  if (ctx.clock.now() - now > marginMs / 2)
    await putPruneMarker(repository, marker, ctx.clock.now(), ctx.signal);
  ctx.log.info('planned what goes', { marker: name, packs: marker.packs.length });
  return plan;
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
