import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileError, HoldfastError } from '../../../base/index.ts';

export interface SandboxDirectory {
  readonly path: string;
  /** One that was there before stays there. */
  readonly isOurs: boolean;
}

/** Makes it. Errors: DIR_NOT_EMPTY, WRITE_FAILED. */
export async function makeSandboxDirectory(given: string | undefined): Promise<SandboxDirectory> {
  try {
    if (given === undefined) return { path: await mkdtemp(join(tmpdir(), 'holdfast-demo-')), isOurs: true };
    const isOurs = (await mkdir(given, { recursive: true, mode: 0o700 })) !== undefined;
    if ((await readdir(given)).length === 0) return { path: given, isOurs };
  } catch (error) {
    throw fileError(error, 'make', given ?? tmpdir());
  }
  throw new HoldfastError('DIR_NOT_EMPTY', `${given} is not empty`, {
    hint: 'Name a directory that is empty or not there yet: the demo removes what it put there.',
    details: { path: given },
  });
}

/** Removes what is in it, and it unless it was there before. */
export async function removeSandboxDirectory({ path, isOurs }: SandboxDirectory): Promise<void> {
  const paths = isOurs ? [path] : (await readdir(path)).map((name) => join(path, name));
  for (const one of paths) await rm(one, { recursive: true, force: true, maxRetries: 5 });
}
