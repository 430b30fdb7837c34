import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '../support/run-command.ts';

/** Programs built from a Go module of ours that names them as tools, at the versions in its go.mod. */
export interface GoRecipe {
  readonly kind: 'go';
  readonly directory: string;
  /** Our name for each program, and the main package that it is. */
  readonly programs: readonly (readonly [name: string, mainPackage: string])[];
  /** Names of the files in `directory` that are compiled, when the programs are our own. */
  readonly sources?: readonly string[];
  /** What the linker sets: a build of modules knows no version of itself by other ways. */
  readonly linkerFlags?: string;
}

/** What decides the result: the exact versions and their digests, and the sources that are ours. */
export async function goRecipeText(recipe: GoRecipe): Promise<string> {
  const files = await Promise.all(
    ['go.mod', 'go.sum', ...(recipe.sources ?? [])].map((name) =>
      readFile(join(recipe.directory, name), 'utf8'),
    ),
  );
  const { programs, linkerFlags } = recipe;
  return [...files, JSON.stringify(programs), ...(linkerFlags === undefined ? [] : [linkerFlags])].join('\n');
}

/** Builds the programs into `target/bin` with this machine's Go, modules coming from wherever it is set to get them. */
export async function buildGoPrograms(recipe: GoRecipe, target: string): Promise<void> {
  const bin = join(target, 'bin');
  await mkdir(bin);
  for (const [name, mainPackage] of recipe.programs) {
    await mustRun(
      'go',
      [
        ...['build', '-mod=readonly', '-trimpath', '-buildvcs=false'],
        ...(recipe.linkerFlags === undefined ? [] : [`-ldflags=${recipe.linkerFlags}`]),
        ...['-o', join(bin, name), mainPackage],
      ],
      {
        cwd: recipe.directory,
        // The toolchain that is here, or none: a test run downloads no compiler. Static binaries need nothing else.
        env: { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '' },
        timeoutMs: 10 * 60_000,
      },
    );
  }
}
