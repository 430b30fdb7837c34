import { rmSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beginUnfinished, fileError, type OperationContext, removeAbandoned } from '../../base/index.ts';

/** A directory of its own, for its owner only. Disposing removes it, unless it was kept. */
export interface DrillSandbox extends AsyncDisposable {
  readonly path: string;
  /** Gives it a name under which nobody clears it away; returns its path. For when nothing runs in it any more. */
  keep(): Promise<string>;
}

const prefix = 'holdfast-drill-';

/**
 * Makes the directory, and removes what drills that were killed have left there.
 * Errors: FILE_NOT_FOUND (no such directory), WRITE_FAILED, DISK_FULL.
 */
export async function openSandbox(workDir: string, ctx: OperationContext): Promise<DrillSandbox> {
  await clearAway(workDir, ctx);
  const unfinished = beginUnfinished(() => rmSync(path, { recursive: true, force: true }));
  const path = join(workDir, `${prefix}${unfinished.tag}`);
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
      const kept = join(workDir, `${prefix}kept-${unfinished.tag}`);
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
}

/** Directories of others may be among them, which are theirs to remove. */
async function clearAway(workDir: string, ctx: OperationContext): Promise<void> {
  try {
    for (const path of await removeAbandoned(workDir, prefix))
      ctx.log.info('removed what an interrupted drill left', { path });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    ctx.log.warn('what an interrupted drill left cannot be removed', { reason });
  }
}
