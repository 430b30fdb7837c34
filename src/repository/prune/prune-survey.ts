import { hasCode, HoldfastError, type OperationContext } from '../../base/index.ts';
import {
  isUnreadable,
  listBackupIds,
  listBackups,
  type Repository,
  segmentDirectory,
} from '../open/index.ts';
import { packDirectory, packName } from '../pack/index.ts';
import { type BackupNeeds, NeededContents } from '../needed/index.ts';

import type { IndexSegment, StoredPack } from './prune-plan.ts';

/** What a pruner sees of a repository. Each method looks anew. */
export class PruneSurvey {
  readonly repository: Repository;
  readonly #ctx: OperationContext;
  readonly #needs: NeededContents;
  readonly #otherPacks = new Set<string>();

  constructor(repository: Repository, ctx: OperationContext) {
    this.repository = repository;
    this.#ctx = ctx;
    this.#needs = new NeededContents(repository);
  }

  /**
   * All segments. What the index does not say cannot be told from waste, so one that cannot be read ends a prune.
   * @param except segments that do not matter any more
   * Errors: REPOSITORY_DAMAGED.
   */
  async segments(except: ReadonlySet<string> = new Set()): Promise<readonly IndexSegment[]> {
    const { signal } = this.#ctx;
    const segments: IndexSegment[] = [];
    for await (const { name } of this.repository.storage.list(segmentDirectory, { signal })) {
      try {
        const packs = await this.repository.readSegment(name, signal);
        segments.push({ name, packs });
        for (const { digest, kind } of packs)
          if (kind !== 'bundlePack') this.#otherPacks.add(packName(digest));
      } catch (error) {
        if (hasCode(error, 'STORAGE_OBJECT_MISSING')) continue;
        if (!isUnreadable(error)) throw error;
        if (except.has(name)) segments.push({ name, packs: [] });
        else throw stopped(`${name} cannot be read`, rebuildHint, error);
      }
    }
    return segments;
  }

  /** All objects in the places of packs. To be called after `segments`: what they name is there by then. */
  async packs(): Promise<readonly StoredPack[]> {
    const packs: StoredPack[] = [];
    // Objects of other names are not ours.
    for await (const stat of this.repository.storage.list(packDirectory, { signal: this.#ctx.signal }))
      if (/^packs\/([0-9a-f]{2})\/\1[0-9a-f]{62}$/.test(stat.name)) packs.push(stat);
    return packs;
  }

  /** Whether a segment that was read names it, and not as a pack of bundles. */
  isOtherPack(name: string): boolean {
    return this.#otherPacks.has(name);
  }

  /** What the backups that are there now need, together. Errors: REPOSITORY_DAMAGED. */
  async needed(): Promise<BackupNeeds> {
    const { signal } = this.#ctx;
    const { backups, unreadable } = await listBackups(this.repository, signal);
    for (const { id, error } of unreadable)
      throw stopped(`the record of backup ${id} cannot be read`, forgetHint(id), error);
    const contents = new Set<string>();
    let hasUnknownFiles = false;
    for (const record of backups) {
      const needs = await this.#needsOf(record);
      if (needs === undefined) continue;
      for (const key of needs.contents) contents.add(key);
      hasUnknownFiles ||= needs.hasUnknownFiles;
    }
    return { contents, hasUnknownFiles };
  }

  /** Undefined when it is no backup any more: another pruner may have freed what it needed since. */
  async #needsOf(record: Parameters<NeededContents['of']>[0]): Promise<BackupNeeds | undefined> {
    const { signal } = this.#ctx;
    try {
      return await this.#needs.of(record, signal);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      if (!(await listBackupIds(this.repository, signal)).includes(record.id)) return undefined;
      throw stopped(`what backup ${record.id} needs cannot be read`, forgetHint(record.id), error);
    }
  }
}

const rebuildHint = 'Run "holdfast repo check --rebuild-index", then prune again.';
const forgetHint = (id: string) =>
  `See "holdfast repo check"; when it is lost for good, "holdfast backup forget ${id}", then prune again.`;

function stopped(why: string, hint: string, cause: HoldfastError): HoldfastError {
  const message = `nothing was freed, for ${why}: what is still needed cannot be told`;
  return new HoldfastError('REPOSITORY_DAMAGED', message, { hint, details: cause.details, cause });
}
