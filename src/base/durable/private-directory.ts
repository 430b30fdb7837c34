import { rmSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../errors/index.ts';
import type { OperationContext } from '../progress/index.ts';
import { beginUnfinished, removeAbandoned } from './unfinished.ts';

/** A directory for its owner only, for as long as something is at work in it. Disposing removes it with all it holds. */
export interface PrivateDirectory extends AsyncDisposable {
  readonly path: string;
  /**
   * Gives it the name `<prefix>kept-<tag>`, under which nobody clears it away; returns its path. For when nothing runs
   * in it any more.
   */
  keep(): Promise<string>;
}

/**
 * Makes a directory of its own, `<prefix><tag>`, and removes what runs that were killed have left under such names.
 * A process that ends at once takes it away, too (`removeUnfinishedNow`).
 *
 * @param purpose what it is for, in words: `drill`
 * Errors: FILE_NOT_FOUND (no such parent), WRITE_FAILED, DISK_FULL.
 */
export async function openPrivateDirectory(
  parent: string,
  prefix: string,
  purpose: string,
  { log }: Pick<OperationContext, 'log'>,
): Promise<PrivateDirectory> {
  await clearAway();
  const unfinished = beginUnfinished(() => rmSync(path, { recursive: true, force: true }));
  const path = join(parent, `${prefix}${unfinished.tag}`);
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    unfinished[Symbol.dispose]();
    throw fileError(error, 'create', path);
  }
  let isKept = false;
  return {
    path,
    async keep() {
      const kept = join(parent, `${prefix}kept-${unfinished.tag}`);
      await rename(path, kept);
      isKept = true;
      unfinished[Symbol.dispose]();
      return kept;
    },
    async [Symbol.asyncDispose]() {
      if (isKept) return;
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
      unfinished[Symbol.dispose]();
    },
  };

  /** Directories of others may be among them, which are theirs to remove. */
  async function clearAway(): Promise<void> {
    try {
      for (const left of await removeAbandoned(parent, prefix))
        log.info(`removed what an interrupted ${purpose} left`, { path: left });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn(`what an interrupted ${purpose} left cannot be removed`, { reason });
    }
  }
}
