import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { beginUnfinished, errnoOf, fileError, HoldfastError, isAbandoned } from '../../../base/index.ts';

/**
 * Makes sure that one process at a time works on a journal. The lock of a process that is gone is taken over.
 * Errors: RECOVERY_RUNNING, WRITE_FAILED.
 */
export async function lockJournal(path: string): Promise<AsyncDisposable> {
  const holder = beginUnfinished(() => {});
  const own = `${path}.${holder.tag}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const handle = await open(own, 'wx', 0o600);
    await handle.writeFile(holder.tag);
    await handle.close();
    await takeLock(own, path);
  } catch (error) {
    holder[Symbol.dispose]();
    throw fileError(error, 'create', path);
  } finally {
    await rm(own, { force: true });
  }
  return {
    async [Symbol.asyncDispose]() {
      await rm(path, { force: true });
      holder[Symbol.dispose]();
    },
  };
}

/** A hard link is there or not: of two that try at once, one gets it. */
async function takeLock(own: string, path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await link(own, path);
      return;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST' || attempt === 3) throw error;
    }
    const tag = await readFile(path, 'utf8').catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (tag === undefined) continue;
    if (!isAbandoned(tag)) {
      throw new HoldfastError('RECOVERY_RUNNING', 'another holdfast process is working on this recovery', {
        details: { path, process: tag.split('-')[0]! },
      });
    }
    await rm(path, { force: true });
  }
}
