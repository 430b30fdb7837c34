import { join } from 'node:path';
import { buildGoPrograms, type GoRecipe, goRecipeText } from './go-module.ts';
import { installOnce } from './install-once.ts';
import { peersDirectory } from './peer.ts';

const recipe: GoRecipe = {
  kind: 'go',
  directory: join(import.meta.dirname, 'go', 'etcd-benchmark'),
  programs: [['benchmark', 'go.etcd.io/etcd/v3/tools/benchmark']],
};

/**
 * Path of etcd's own tools/benchmark, which puts a server under load; built with this machine's Go. Rejects with the
 * reason when it cannot be had.
 */
export async function etcdBenchmark(): Promise<string> {
  const installed = await installOnce({
    root: peersDirectory(),
    name: 'etcd-benchmark',
    recipe: await goRecipeText(recipe),
    retryFailed: true,
    install: (target) => buildGoPrograms(recipe, target),
  });
  return join(installed, 'bin', 'benchmark');
}
