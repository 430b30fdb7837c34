import type { StoredSession } from '../open/index.ts';
import type { BackupNeeds } from '../needed/index.ts';
import { type IndexSegment, planPrune, type PrunePlan, type StoredPack } from './prune-plan.ts';
import type { PruneSurvey } from './prune-survey.ts';

export interface SurveyPlanOptions {
  readonly maxRepackBytes?: number;
  /** Packs that were put then or later are left alone. */
  readonly protectedFromMs: number;
  /** Names of packs out of which nothing can be copied. */
  readonly damagedPacks?: ReadonlySet<string>;
  /** As if these packs were deleted by now, and these were the segments. */
  readonly after?: { readonly gone: ReadonlySet<string>; readonly segments: readonly IndexSegment[] };
}

const defaultMaxRepackBytes = 1 << 30;

/** Looks at everything, and plans. Nothing is changed. */
export async function planOf(survey: PruneSurvey, options: SurveyPlanOptions): Promise<PrunePlan> {
  const seen = await contentsOf(survey, options);
  const needs = await survey.needed();
  const plan = planFrom(survey, { ...seen, ...needs }, options);
  if (plan.missing.length === 0 || options.after !== undefined) return plan;
  // A backup that came after the segments were listed needs what they do not name: with those that are there by now
  // nothing of it is missing. Its packs are too young to go.
  return planFrom(survey, { ...(await contentsOf(survey, options)), ...needs }, options);
}

interface SeenContents {
  readonly segments: readonly IndexSegment[];
  readonly packs: readonly StoredPack[];
}

async function contentsOf(survey: PruneSurvey, { after }: SurveyPlanOptions): Promise<SeenContents> {
  const segments = after?.segments ?? (await survey.segments());
  const packs = (await survey.packs()).filter(({ name }) => after?.gone.has(name) !== true);
  return { segments, packs };
}

function planFrom(
  survey: PruneSurvey,
  { segments, packs, contents, hasUnknownFiles }: SeenContents & BackupNeeds,
  { maxRepackBytes, protectedFromMs, damagedPacks }: SurveyPlanOptions,
): PrunePlan {
  const { uses, storage } = survey.repository;
  // What is in a bundle is told by its list, which takes the bundle key: without it the packs of bundles stay.
  const shown = hasUnknownFiles ? packs.filter(({ name }) => survey.isOtherPack(name)) : packs;
  return planPrune({
    packs: shown,
    segments,
    needed: contents,
    protectedFromMs,
    isListComplete: storage.capabilities.consistentList && !hasUnknownFiles,
    maxRepackBytes: maxRepackBytes ?? defaultMaxRepackBytes,
    canRepack: (kind) => kind === 'tablePack' || uses.includes(kind === 'chunkPack' ? 'read' : 'bundle'),
    damagedPacks: damagedPacks ?? new Set(),
  });
}

/**
 * From when on packs are left alone: the record that needs them may be about to come. Many stores know whole seconds
 * only, so what was put within the same one counts as later.
 */
export function protectedFrom(storeNowMs: number, sessions: readonly StoredSession[]): number {
  const oldestMs = sessions.reduce((oldest, { stat }) => Math.min(oldest, stat.modifiedMs), storeNowMs);
  return Math.floor(oldestMs / 1000) * 1000;
}
