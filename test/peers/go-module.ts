import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '../support/run-command.ts';

/** Programs built from a Go module of ours that names them as tools, at the versions in its go.mod. */
export interface GoRecipe {
  readonly kind: 'go';
  readonly directory: string;
}

/** Our name for the program, and the main package that it is. */
const programs: readonly (readonly [string, string])[] = [
  ['etcd', 'go.etcd.io/etcd/server/v3'],
  ['etcdctl', 'go.etcd.io/etcd/etcdctl/v3'],
  ['etcdutl', 'go.etcd.io/etcd/etcdutl/v3'],
  ['bbolt', 'go.etcd.io/bbolt/cmd/bbolt'],
];

/** What decides the result: the exact versions and their digests. */
export async function goRecipeText(recipe: GoRecipe): Promise<string> {
  const files = await Promise.all(
    ['go.mod', 'go.sum'].map((name) => readFile(join(recipe.directory, name), 'utf8')),
  );
  return [...files, JSON.stringify(programs)].join('\n');
}

/** Builds the programs into `target/bin` with this machine's Go, modules coming from wherever it is set to get them. */
export async function buildGoPrograms(recipe: GoRecipe, target: string): Promise<void> {
  const bin = join(target, 'bin');
  await mkdir(bin);
  for (const [name, mainPackage] of programs) {
    await mustRun(
      'go',
      ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-o', join(bin, name), mainPackage],
      {
        cwd: recipe.directory,
        // The toolchain that is here, or none: a test run downloads no compiler. Static binaries need nothing else.
        env: { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '' },
        timeoutMs: 10 * 60_000,
      },
    );
  }
}
