import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, fileError, HoldfastError } from '../base/index.ts';

/** As many as Linux follows in one path (`MAXSYMLINKS`). */
const maxLinks = 40;

/**
 * Where a path of a host is, when the host's `/` is at `root`. Links are followed inside the root, as chroot would, and
 * `..` ends at the root. What does not exist is taken as it is written.
 *
 * One link leaves the root: `/proc` that is a link to `/proc` could only mean itself, so it means this machine's.
 *
 * Errors: FILE_NOT_READABLE.
 */
export async function resolveInRoot(root: string, hostPath: string): Promise<string> {
  const pending = namesOf(hostPath).reverse();
  let done: string[] = [];
  let isOurProc = false;
  const realPath = (names: readonly string[]) =>
    join(isOurProc && names[0] === 'proc' ? '/' : root, ...names);
  for (let links = 0; pending.length > 0; ) {
    const name = pending.pop()!;
    if (name === '..') {
      done.pop();
      continue;
    }
    done.push(name);
    const target = await linkTarget(realPath(done));
    if (target === undefined) continue;
    if (done.length === 1 && name === 'proc' && target === '/proc') {
      isOurProc = true;
      continue;
    }
    if (++links > maxLinks) throw loop(join(root, hostPath));
    done.pop();
    if (target.startsWith('/')) done = [];
    pending.push(...namesOf(target).reverse());
  }
  return realPath(done);
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** Undefined when the path names something other than a link, or nothing. Errors: FILE_NOT_READABLE. */
export async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw fileError(error, 'open', path);
  }
}

function loop(path: string): HoldfastError {
  return new HoldfastError('FILE_NOT_READABLE', `open ${path}: its symbolic links lead in a circle`, {
    hint: 'Look where the links on this path lead.',
    details: { path, errno: 'ELOOP' },
  });
}
