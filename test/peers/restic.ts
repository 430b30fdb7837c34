import { join } from 'node:path';
import { mustRun } from '../support/run-command.ts';
import { type DebianRecipe, installDebianPackages } from './debian-package.ts';
import { installOnce } from './install-once.ts';
import { peersDirectory } from './peer.ts';

/** restic, the backup program that repositories are measured beside. */
export interface Restic {
  readonly path: string;
  /** As it says itself: `0.19.0`. */
  readonly version: string;
}

const recipe: DebianRecipe = { kind: 'debian', suites: ['sid', 'trixie'], packages: ['restic'] };

/**
 * restic out of Debian's package, which needs libc and nothing else; nothing is installed. Rejects with the reason when
 * it cannot be had.
 */
export async function restic(): Promise<Restic> {
  const installed = await installOnce({
    root: peersDirectory(),
    name: 'restic',
    recipe: JSON.stringify(recipe),
    retryFailed: true,
    install: (target) =>
      installDebianPackages(recipe, target, async (root) => (await versionOf(root)) !== ''),
  });
  return { path: pathIn(installed), version: await versionOf(installed) };
}

const pathIn = (root: string) => join(root, 'bin', 'restic');

async function versionOf(root: string): Promise<string> {
  const { stdout } = await mustRun(pathIn(root), ['version'], { timeoutMs: 60_000 });
  const version = /^restic (\S+)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`restic version says ${JSON.stringify(stdout.trim())}`);
  return version;
}
