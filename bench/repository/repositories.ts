/** The two sides: a repository each, in a directory, and the commands that work on it. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '../../test/support/run-command.ts';
import type { Command } from '../measure.ts';

/** A repository in a directory, which nobody else writes to. */
export interface RepositorySide {
  readonly label: string;
  readonly location: string;
  backUp(file: string): Command;
  /** Restores the newest backup into a directory that does not exist yet; it is `restoredFile(directory)` then. */
  restore(directory: string): Command;
  restoredFile(directory: string): string;
}

const passphrase = 'a passphrase for the benchmark';

/** Makes a repository of ours. */
export async function holdfastSide(program: readonly string[], directory: string): Promise<RepositorySide> {
  const location = join(directory, 'holdfast-repository');
  const env = {
    HOLDFAST_REPOSITORY: location,
    HOLDFAST_PASSPHRASE: passphrase,
    HOLDFAST_MEMORY_DIR: join(directory, 'holdfast-memory'),
  };
  const command = (...words: string[]) => ({ label: 'holdfast', argv: [...program, ...words], env });
  const [node, ...args] = command('repo', 'init').argv;
  await mustRun(node!, args, { env, timeoutMs: 60_000 });
  return {
    label: 'holdfast',
    location,
    backUp: (file) => command('backup', 'create', file),
    restore: (target) => command('backup', 'fetch', 'latest', join(target, 'restored.db')),
    restoredFile: (target) => join(target, 'restored.db'),
  };
}

/** Makes a repository of restic's, with what it does by default; `RESTIC_COMPRESSION` changes that. */
export async function resticSide(program: string, directory: string, file: string): Promise<RepositorySide> {
  const location = join(directory, 'restic-repository');
  const env = {
    RESTIC_REPOSITORY: location,
    RESTIC_PASSWORD: passphrase,
    RESTIC_CACHE_DIR: join(directory, 'restic-cache'),
  };
  const command = (...words: string[]) => ({ label: 'restic', argv: [program, '--quiet', ...words], env });
  await mustRun(program, ['--quiet', 'init'], { env, timeoutMs: 60_000 });
  return {
    label: 'restic',
    location,
    backUp: () => command('backup', file),
    restore: (target) => command('restore', 'latest', '--target', target),
    // Below the target lies the whole path.
    restoredFile: (target) => join(target, file),
  };
}

/** Bytes of all files below a directory. */
export async function bytesIn(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += (await lstat(join(entry.parentPath, entry.name))).size;
  return bytes;
}
