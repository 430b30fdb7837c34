import { hostname } from 'node:os';
import { HoldfastError, isHoldfastError, type OperationContext } from '../../base/index.ts';
import { clearForgotten } from '../forget/index.ts';
import {
  listPruneMarkers,
  listSessions,
  openSession,
  putPruneMarker,
  type Repository,
  type Session,
} from '../open/index.ts';
import type { SessionStatement } from '../records/index.ts';
import { copyNeeded } from './copy-needed.ts';
import { finishMarkers, type Waiting } from './finish-markers.ts';
import { isProcessGone, isPruner, liveSessions, type SessionLook } from './live-sessions.ts';
import { planPrune, type PrunePlan, type PruneTotals } from './prune-plan.ts';
import { PruneSurvey } from './prune-survey.ts';

export interface PruneOptions {
  /** The most bytes that are copied out of packs which are mostly waste, in one run. Default 1 GiB. */
  readonly maxRepackBytes?: number;
  /** Says what would be done, and changes nothing. Default false. */
  readonly dryRun?: boolean;
  /** Whether a process is known to be gone; default: a look at the processes of this host. */
  readonly isGone?: (session: SessionStatement) => boolean;
}

export interface PruneResult {
  /** What was planned; none when an earlier prune waits to be finished and cannot be. */
  readonly totals?: PruneTotals;
  /** Packs and segments that were deleted, those of earlier prunes too. */
  readonly deletedPacks: number;
  readonly deletedSegments: number;
  readonly deletedBytes: number;
  /** Why the packs of a marker are still there: the next prune goes on with it. */
  readonly waiting?: Waiting;
  /** Contents that backups need and that lie nowhere. */
  readonly missing: number;
}

const defaultMaxRepackBytes = 1 << 30;

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
  if (options.dryRun === true) return dryRun(repository, options, ctx);
  await using session = await openSession(repository, 'prune', ctx);
  const look = await lookOf(repository, session, options, ctx);
  const sessions = await requireSolePruner(repository, look, ctx);
  await clearForgotten(repository, ctx);
  const survey = new PruneSurvey(repository, ctx);
  const earlier = await finishMarkers(survey, look, ctx);
  if (earlier.waiting !== undefined) return { ...earlier, missing: 0 };
  const oldestMs = Math.min(look.storeNowMs, ...sessions.map(({ stat }) => stat.modifiedMs));
  const plan = await carryOut(survey, { ...options, protectedFromMs: wholeSeconds(oldestMs) }, ctx);
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

/** Many stores know whole seconds only: what was put within the same one counts as later. */
function wholeSeconds(timeMs: number): number {
  return Math.floor(timeMs / 1000) * 1000;
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
  const other = sessions.find(isPruner);
  if (other === undefined || isHoldfastError(other.statement)) return sessions;
  const { host, processId, since, purpose } = other.statement;
  throw new HoldfastError(
    'REPOSITORY_BUSY',
    `process ${processId} on ${host} does a ${purpose} of the repository since ${since}`,
    { details: { session: other.name, host, processId } },
  );
}

async function planOf(
  survey: PruneSurvey,
  protectedFromMs: number,
  options: PruneOptions,
  damagedPacks: ReadonlySet<string> = new Set(),
): Promise<PrunePlan> {
  const { uses, storage } = survey.repository;
  const segments = await survey.segments();
  const packs = await survey.packs();
  const { contents, hasUnknownFiles } = await survey.needed();
  // What is in a bundle is told by its list, which takes the bundle key: without it the packs of bundles stay.
  const shown = hasUnknownFiles ? packs.filter(({ name }) => survey.isOtherPack(name)) : packs;
  return planPrune({
    packs: shown,
    segments,
    needed: contents,
    protectedFromMs,
    isListComplete: storage.capabilities.consistentList && !hasUnknownFiles,
    maxRepackBytes: options.maxRepackBytes ?? defaultMaxRepackBytes,
    canRepack: (kind) => kind === 'tablePack' || uses.includes(kind === 'chunkPack' ? 'read' : 'bundle'),
    damagedPacks,
  });
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
    plan = await planOf(survey, options.protectedFromMs, options, damagedPacks);
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
  ctx.log.info('planned what goes', { marker: name, packs: marker.packs.length });
  return plan;
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

async function dryRun(
  repository: Repository,
  options: PruneOptions,
  ctx: OperationContext,
): Promise<PruneResult> {
  const survey = new PruneSurvey(repository, ctx);
  const markers = await listPruneMarkers(repository, ctx.signal);
  const sessions = await listSessions(repository, ctx.signal);
  const oldestMs = Math.min(Infinity, ...sessions.map(({ stat }) => stat.modifiedMs));
  const plan = await planOf(survey, wholeSeconds(oldestMs), options);
  ctx.log.debug('markers of earlier prunes', { markers: markers.length });
  return {
    totals: plan.totals,
    missing: plan.missing.length,
    deletedPacks: 0,
    deletedSegments: 0,
    deletedBytes: 0,
  };
}
