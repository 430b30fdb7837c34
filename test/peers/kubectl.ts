import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { mustRun } from '../support/run-command.ts';
import { type DebianRecipe, installDebianPackages, machineCodename } from './debian-package.ts';
import { installOnce } from './install-once.ts';
import { peersDirectory } from './peer.ts';

/** The real kubectl. */
export interface Kubectl {
  readonly path: string;
  /** As it says itself: `v1.32.3`. */
  readonly version: string;
}

/** kubectl out of the package of a Debian release; nothing is installed. Rejects with the reason when there is none. */
export function kubectl(): Promise<Kubectl> {
  found ??= find();
  return found;
}

let found: Promise<Kubectl> | undefined;

/** kubectl for a test, or undefined after the test has been skipped; under `CI=true` the test fails instead. */
export async function requireKubectl(t: TestContext): Promise<Kubectl | undefined> {
  try {
    return await kubectl();
  } catch (error) {
    const reason = `kubectl cannot be had: ${error instanceof Error ? error.message : String(error)}`;
    if (process.env['CI'] === 'true') throw new Error(reason, { cause: error });
    t.skip(reason);
    return undefined;
  }
}

async function find(): Promise<Kubectl> {
  const own = await machineCodename();
  const recipe: DebianRecipe = {
    kind: 'debian',
    // The first release is the newest that is known to have it; the program needs nothing of the machine's.
    suites: ['trixie', ...(own === undefined || own === 'trixie' ? [] : [own])],
    packages: ['kubernetes-client'],
  };
  const directory = await installOnce({
    root: peersDirectory(),
    name: 'kubectl',
    recipe: JSON.stringify(recipe),
    retryFailed: false,
    install: (target) =>
      installDebianPackages(recipe, target, async (root) => (await versionOf(pathIn(root))) !== ''),
  });
  return { path: pathIn(directory), version: await versionOf(pathIn(directory)) };
}

const pathIn = (directory: string) => join(directory, 'bin', 'kubectl');

async function versionOf(path: string): Promise<string> {
  const { stdout } = await mustRun(path, ['version', '--client', '-o', 'json'], { timeoutMs: 60_000 });
  const { clientVersion } = JSON.parse(stdout) as { readonly clientVersion: { readonly gitVersion: string } };
  return clientVersion.gitVersion;
}
