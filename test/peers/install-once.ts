import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface InstallOnce {
  /** The cache directory; made when missing. */
  readonly root: string;
  readonly name: string;
  /** Everything that decides what comes out. A changed recipe gets a directory of its own. */
  readonly recipe: string;
  /** Try again although the last try failed a moment ago. */
  readonly retryFailed: boolean;
  /** Fills the given empty directory, or rejects. */
  readonly install: (directory: string) => Promise<void>;
}

/** Longer than the slowest build; past it the holder of the lock is stuck. */
const lockTimeoutMs = 15 * 60_000;
/** Several test files ask for the same peer: one that cannot be had is not tried anew by each of them. */
const failureKeptMs = 5 * 60_000;

/**
 * Returns a directory that `install` has filled completely, now or in an earlier run. It appears by rename, so that
 * nobody ever sees half of it, and a lock keeps two processes from doing the same work at once.
 */
export async function installOnce(options: InstallOnce): Promise<string> {
  const digest = createHash('sha256').update(options.recipe).digest('hex').slice(0, 8);
  const finished = join(options.root, `${options.name}-${digest}`);
  if (await exists(finished)) return finished;
  await mkdir(options.root, { recursive: true });
  await using _lock = await takeLock(`${finished}.lock`);
  if (await exists(finished)) return finished;
  const failure = `${finished}.failed`;
  if (!options.retryFailed) await rethrowRecentFailure(failure);
  const unfinished = await mkdtemp(`${finished}.part-`);
  try {
    await options.install(unfinished);
    await rename(unfinished, finished);
    await rm(failure, { force: true });
    return finished;
  } catch (error) {
    await writeFile(failure, error instanceof Error ? error.message : String(error));
    throw error;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function rethrowRecentFailure(path: string): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined || Date.now() - info.mtimeMs > failureKeptMs) return;
  throw new Error(await readFile(path, 'utf8'));
}

/** A lock is a directory holding its owner's process id. */
async function takeLock(path: string): Promise<AsyncDisposable> {
  const deadline = performance.now() + lockTimeoutMs;
  for (;;) {
    const candidate = await tryLock(path);
    if (candidate !== undefined) return { [Symbol.asyncDispose]: () => giveBack(path, candidate) };
    if (performance.now() > deadline) throw new Error(`waited ${lockTimeoutMs / 60_000} minutes for ${path}`);
    await breakAbandonedLock(path);
    await delay(250);
  }
}

/** Returns the name under which the lock was made, which is nobody else's, or nothing when it is taken. */
async function tryLock(path: string): Promise<string | undefined> {
  // The directory arrives with its owner inside, by rename: rename onto a directory that is not empty fails.
  const candidate = await mkdtemp(`${path}-`);
  await writeFile(join(candidate, 'pid'), String(process.pid));
  try {
    await rename(candidate, path);
    return candidate;
  } catch (error) {
    await rm(candidate, { recursive: true, force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return undefined;
    throw error;
  }
}

/** Moved away before it is emptied: the next owner may put its own over an empty one at any moment. */
async function giveBack(path: string, candidate: string): Promise<void> {
  await rename(path, candidate);
  await rm(candidate, { recursive: true });
}

async function breakAbandonedLock(path: string): Promise<void> {
  const owner = Number(await readFile(join(path, 'pid'), 'utf8').catch(() => ''));
  if (owner === 0 || isAlive(owner)) return;
  // Only one waiter wins this rename, so a lock that was just taken anew is not broken by the slower one.
  const abandoned = `${path}-abandoned-${process.pid}`;
  await rename(path, abandoned).catch(() => undefined);
  const moved = Number(await readFile(join(abandoned, 'pid'), 'utf8').catch(() => ''));
  if (moved !== 0 && moved !== owner && isAlive(moved)) {
    await rename(abandoned, path).catch(() => undefined);
    return;
  }
  await rm(abandoned, { recursive: true, force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
