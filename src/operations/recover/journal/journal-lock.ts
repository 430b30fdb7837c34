import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  beginUnfinished,
  errnoOf,
  fileError,
  HoldfastError,
  isAbandoned,
  removeAbandonedFiles,
} from '../../../base/index.ts';

/**
 * Makes sure that one process at a time works on a journal. The lock of a process that is gone is taken over: it stays
 * where it is, and who takes over puts its own behind it, under a name made of the dead one's tag. So of many who find
 * the same dead lock one gets it, and nobody ever takes away what may be somebody else's by then.
 *
 * Errors: RECOVERY_RUNNING, WRITE_FAILED.
 */
export async function lockJournal(path: string): Promise<AsyncDisposable> {
  const holder = beginUnfinished(() => {});
  const own = `${path}.${holder.tag}`;
  let chain: readonly string[];
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await removeAbandonedFiles(path);
    const handle = await open(own, 'wx', 0o600);
    await handle.writeFile(holder.tag);
    await handle.close();
    chain = await takeLock(own, path, holder.tag);
  } catch (error) {
    holder[Symbol.dispose]();
    throw fileError(error, 'create', path);
  } finally {
    await rm(own, { force: true });
  }
  let isHeld = true;
  return {
    async [Symbol.asyncDispose]() {
      // Once: by the second time it may be another's.
      if (!isHeld) return;
      isHeld = false;
      // The first one first: without it the others mean nothing.
      for (const place of chain) await rm(place, { force: true });
      holder[Symbol.dispose]();
    },
  };
}

const maxAttempts = 10;

/** Returns the places of the locks of the dead, and of the own one as the last. */
async function takeLock(own: string, path: string, tag: string): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt++) {
    const { places } = await follow(path, tag);
    const free = places.at(-1)!;
    try {
      // A hard link is there or not: of two that try at once, one gets it.
      await link(own, free);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST' || attempt === maxAttempts) throw error;
      continue;
    }
    // Whoever held it may have let go in between: then the place is behind a lock that is no more.
    let isHeld = false;
    try {
      const now = await follow(path, tag);
      isHeld = now.isOwn;
      if (isHeld) return now.places;
    } finally {
      if (!isHeld) await rm(free, { force: true });
    }
    if (attempt === maxAttempts) throw running(path, 'unknown');
  }
}

/** From one dead lock to the next, up to the own one or a free place. Errors: RECOVERY_RUNNING. */
async function follow(
  path: string,
  ownTag: string,
): Promise<{ readonly places: readonly string[]; readonly isOwn: boolean }> {
  const places: string[] = [];
  for (let place = path; ; ) {
    places.push(place);
    const tag = await readTag(place);
    if (tag === undefined || tag === ownTag) return { places, isOwn: tag === ownTag };
    if (!isAbandoned(tag)) throw running(path, tag.split('-')[0]!);
    place = `${path}.after-${tag}`;
  }
}

async function readTag(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function running(path: string, process: string): HoldfastError {
  return new HoldfastError('RECOVERY_RUNNING', `process ${process} is working on this recovery`, {
    hint: `Let it end, or stop it. If process ${process} is no holdfast, its number was given anew: remove ${path}.`,
    details: { path, process },
  });
}
