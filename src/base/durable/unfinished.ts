/**
 * Things on the disk that are not finished. Their names carry a tag that says whose they are, so that a later run can
 * tell what a killed one left from what a living one is at.
 */
import { randomBytes } from 'node:crypto';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, fileError } from '../errors/index.ts';

/** Something being made. Dispose it when it is in its place, or gone. */
export interface Unfinished extends Disposable {
  /** `<process id>-<random>`, for the name of whatever is unfinished. */
  readonly tag: string;
}

const randomBytesOfTag = 6;
/** So strict that no name which somebody made of a date and a time is taken for one: Linux counts processes to 2^22. */
const tagPattern = new RegExp(`^([1-9]\\d{0,6})-[0-9a-f]{${2 * randomBytesOfTag}}$`);
const unfinished = new Map<string, () => void>();

/**
 * Announces something unfinished.
 * @param removeNow takes it away without waiting for anything; it must not throw
 */
export function beginUnfinished(removeNow: () => void): Unfinished {
  const tag = `${process.pid}-${randomBytes(randomBytesOfTag).toString('hex')}`;
  unfinished.set(tag, removeNow);
  return { tag, [Symbol.dispose]: () => void unfinished.delete(tag) };
}

/** Takes away everything that is unfinished in this process. For a process that has to end at once. */
export function removeUnfinishedNow(): void {
  for (const [tag, removeNow] of unfinished) {
    unfinished.delete(tag);
    removeNow();
  }
}

/** Whether a text is a tag, and the work that it stands for will never be finished. */
export function isAbandoned(tag: string): boolean {
  const match = tagPattern.exec(tag);
  if (match === null) return false;
  const pid = Number(match[1]);
  // In a container every run may have the same id.
  if (pid === process.pid) return !unfinished.has(tag);
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return errnoOf(error) !== 'EPERM';
  }
}

/**
 * Removes what killed runs of this user left in a directory under the name `<prefix><tag><suffix>`, and returns the
 * paths: in a directory for everybody, others could put things under such names for a run that may remove anything.
 * A directory that is missing or cannot be listed holds nothing: whatever comes next reports that better.
 * Errors: WRITE_FAILED.
 */
export async function removeAbandoned(directory: string, prefix: string, suffix = ''): Promise<string[]> {
  const names = (await namesIn(directory)).filter(
    (name) =>
      name.startsWith(prefix) &&
      name.endsWith(suffix) &&
      isAbandoned(name.slice(prefix.length, name.length - suffix.length)),
  );
  const removed: string[] = [];
  for (const path of names.map((name) => join(directory, name))) {
    try {
      if (!(await isOurs(path))) continue;
      await rm(path, { recursive: true, force: true });
      removed.push(path);
    } catch (error) {
      throw fileError(error, 'remove', path);
    }
  }
  return removed;
}

/** Whether it belongs to the user of this process; one that another run has just removed does not. */
async function isOurs(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).uid === process.geteuid?.();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Whether a living run has something under the name `<prefix><tag>` in a directory. */
export async function isUnderWay(directory: string, prefix: string): Promise<boolean> {
  return (await namesIn(directory)).some((name) => {
    const tag = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    return tagPattern.test(tag) && !isAbandoned(tag);
  });
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}
