import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { mustRun } from '../support/run-command.ts';
import { buildGoPrograms, type GoRecipe, goRecipeText } from './go-module.ts';
import { installOnce } from './install-once.ts';
import { peersDirectory } from './peer.ts';

/** The real kube-apiserver. */
export interface KubeApiserver {
  readonly path: string;
  /** As it says itself: `v1.36.3`. */
  readonly version: string;
}

/**
 * kube-apiserver, built from Kubernetes' modules with this machine's Go: five minutes of processor time the first time.
 * Rejects with the reason when it cannot be had.
 */
export function kubeApiserver(options: { readonly retryFailed?: boolean } = {}): Promise<KubeApiserver> {
  if (options.retryFailed === true) return find(true);
  found ??= find(false);
  return found;
}

let found: Promise<KubeApiserver> | undefined;

/** kube-apiserver for a test, or undefined after the test has been skipped; under `CI=true` the test fails instead. */
export async function requireKubeApiserver(t: TestContext): Promise<KubeApiserver | undefined> {
  try {
    return await kubeApiserver();
  } catch (error) {
    const reason = `kube-apiserver cannot be had: ${error instanceof Error ? error.message : String(error)}`;
    if (process.env['CI'] === 'true') throw new Error(reason, { cause: error });
    t.skip(reason);
    return undefined;
  }
}

const directory = join(import.meta.dirname, 'go', 'kube-apiserver');

async function find(retryFailed: boolean): Promise<KubeApiserver> {
  const wanted = await versionInModule();
  const recipe: GoRecipe = {
    kind: 'go',
    directory,
    programs: [['kube-apiserver', 'k8s.io/kubernetes/cmd/kube-apiserver']],
    linkerFlags: `-s -w -X k8s.io/component-base/version.gitVersion=${wanted}`,
  };
  const installed = await installOnce({
    root: peersDirectory(),
    name: 'kube-apiserver',
    recipe: await goRecipeText(recipe),
    retryFailed,
    async install(target) {
      await buildGoPrograms(recipe, target);
      const built = await versionOf(pathIn(target));
      if (built !== wanted) throw new Error(`what was built is kube-apiserver ${built}, not ${wanted}`);
    },
  });
  return { path: pathIn(installed), version: wanted };
}

const pathIn = (root: string) => join(root, 'bin', 'kube-apiserver');

async function versionInModule(): Promise<string> {
  const text = await readFile(join(directory, 'go.mod'), 'utf8');
  const version = /^\tk8s\.io\/kubernetes (v\S+)/m.exec(text)?.[1];
  if (version === undefined) throw new Error('go.mod names no version of k8s.io/kubernetes');
  return version;
}

async function versionOf(path: string): Promise<string> {
  const { stdout } = await mustRun(path, ['--version'], { timeoutMs: 60_000 });
  return stdout.trim().replace(/^Kubernetes /, '');
}
