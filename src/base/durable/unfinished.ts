/**
 * Things on the disk that are not finished. Their names carry a tag that says whose they are, so that a later run can
 * tell what a killed one left from what a living one is at.
 */
import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, fileError } from '../errors/index.ts';

/** Something being made. Dispose it when it is in its place, or gone. */
export interface Unfinished extends Disposable {
  /** `<process id>-<random>`, for the name of whatever is unfinished. */
  readonly tag: string;
}

const tagPattern = /^(\d+)-[0-9a-f]+$/;
const unfinished = new Map<string, () => void>();

/**
 * Announces something unfinished.
 * @param removeNow takes it away without waiting for anything; it must not throw
 */
export function beginUnfinished(removeNow: () => void): Unfinished {
  const tag = `${process.pid}-${randomBytes(6).toString('hex')}`;
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
  const pid = Number(tagPattern.exec(tag)?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
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
 * Removes what killed runs left in a directory under the name `<prefix><tag><suffix>`, and returns the paths.
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
  const paths = names.map((name) => join(directory, name));
  for (const path of paths) {
    try {
      await rm(path, { recursive: true, force: true });
    } catch (error) {
      throw fileError(error, 'remove', path);
    }
  }
  return paths;
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}
