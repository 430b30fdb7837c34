import { hasCode, SliceMeter, throwIfInterrupted, yieldToEventLoop } from '../../base/index.ts';
import { type Database, type Outline, outlineDatabase } from '../../formats/bbolt/index.ts';
import { branchLevels, type BranchLevel, isBranchAsWritten } from './branch-levels.ts';
import { ForwardReader } from './forward-reader.ts';
import type { BucketLayout, PageLevel } from './layout.ts';
import { LeafSurvey } from './leaf-survey.ts';

/** Which pages of a file can be written again from its rows. */
export interface PageSurvey {
  readonly pageSize: number;
  /** Whole pages in the file, used or not. */
  readonly pageCount: number;
  readonly buckets: readonly BucketLayout[];
  /** 1 for each page that is written from rows, by page id. */
  readonly written: Uint8Array;
}

/**
 * Goes through the leaves in the order of the file, and through the branches. Nothing of a page is believed: what is
 * not just as bbolt writes it counts as another page.
 *
 * Errors: DATABASE_CORRUPT (the file is cut off), FILE_NOT_READABLE, INTERRUPTED.
 */
export async function surveyPages(database: Database, signal: AbortSignal): Promise<PageSurvey> {
  const { source, pageSize } = database;
  const pageCount = Math.floor(source.sizeBytes / pageSize);
  const written = new Uint8Array(pageCount);
  const outline = outlineOf(database);
  const none = { pageSize, pageCount, written };
  if (outline === undefined) return { ...none, buckets: Array.from(database.buckets(), () => []) };
  const leaves = new LeafSurvey(outline, database, written);
  const reader = new ForwardReader(source);
  const meter = new SliceMeter();
  for (let id = 0; id < outline.leafByPage.length; id++) {
    const leaf = outline.leafByPage[id]! - 1;
    if (leaf < 0) continue;
    leaves.look(leaf, id, reader);
    if (!meter.count(pageSize)) continue;
    await yieldToEventLoop();
    throwIfInterrupted(signal);
  }
  const buckets = outline.buckets.map(({ bucket, firstLeaf, leafCount }): BucketLayout => {
    if (leafCount === 0 || bucket.rootId === undefined) return [];
    const bottom = leaves.level(firstLeaf, leafCount);
    return [bottom, ...branchesAbove(database, bucket.rootId, { firstLeaf, bottom, leaves, written })];
  });
  return { ...none, buckets };
}

/** Undefined for a tree of an unusual shape: then all its pages are kept. */
function outlineOf(database: Database): Outline | undefined {
  try {
    return outlineDatabase(database);
  } catch (error) {
    if (hasCode(error, 'DATABASE_CORRUPT')) return undefined;
    throw error;
  }
}

interface Below {
  readonly firstLeaf: number;
  readonly bottom: PageLevel;
  readonly leaves: LeafSurvey;
  readonly written: Uint8Array;
}

function branchesAbove(
  database: Database,
  rootId: number,
  { firstLeaf, bottom, leaves, written }: Below,
): PageLevel[] {
  const levels: PageLevel[] = [];
  let below: BranchLevel = bottom;
  // The first leaf below each page of the level that is gone through.
  let firsts = Uint32Array.from(bottom.ids, (_, at) => firstLeaf + at);
  for (const { ids, elements } of branchLevels(database, rootId)) {
    const kept = new Uint8Array(ids.length);
    const nextFirsts = new Uint32Array(ids.length);
    let child = 0;
    for (let page = 0; page < ids.length; page++) {
      const end = child + elements[page]!;
      nextFirsts[page] = firsts[child]!;
      const children = Array.from(below.ids.subarray(child, end), (id, at) => {
        const leaf = firsts[child + at]!;
        return { id, key: leaves.hasFirstKey[leaf] === 1 ? leaves.boundOf(leaf) : undefined };
      });
      const isWritten = isBranchAsWritten(database, ids[page]!, children, written);
      kept[page] = isWritten ? 0 : 1;
      child = end;
    }
    levels.push({ ids, elements, kept });
    below = { ids, elements };
    firsts = nextFirsts;
  }
  return levels;
}
