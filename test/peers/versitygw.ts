import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { mustRun } from '../support/run-command.ts';
import { buildGoPrograms, type GoRecipe, goRecipeText } from './go-module.ts';
import { installOnce } from './install-once.ts';
import { peersDirectory } from './peer.ts';

/** Versity's S3 gateway: an S3 server over a directory. */
export interface Versitygw {
  readonly path: string;
  /** As in its go.mod: `v1.8.0`. */
  readonly version: string;
}

/** The gateway, built with this machine's Go: two minutes the first time. Rejects with the reason when it cannot be had. */
export function versitygw(options: { readonly retryFailed?: boolean } = {}): Promise<Versitygw> {
  if (options.retryFailed === true) return find(true);
  found ??= find(false);
  return found;
}

let found: Promise<Versitygw> | undefined;

/** The gateway for a test, or undefined after the test has been skipped; under `CI=true` the test fails instead. */
export async function requireVersitygw(t: TestContext): Promise<Versitygw | undefined> {
  try {
    return await versitygw();
  } catch (error) {
    const reason = `versitygw cannot be had: ${error instanceof Error ? error.message : String(error)}`;
    if (process.env['CI'] === 'true') throw new Error(reason, { cause: error });
    t.skip(reason);
    return undefined;
  }
}

const directory = join(import.meta.dirname, 'go', 'versitygw');

async function find(retryFailed: boolean): Promise<Versitygw> {
  const version = await versionInModule();
  const recipe: GoRecipe = {
    kind: 'go',
    directory,
    programs: [['versitygw', 'github.com/versity/versitygw/cmd/versitygw']],
    linkerFlags: `-s -w -X main.Version=${version}`,
  };
  const installed = await installOnce({
    root: peersDirectory(),
    name: 'versitygw',
    recipe: await goRecipeText(recipe),
    retryFailed,
    async install(target) {
      await buildGoPrograms(recipe, target);
      const { stdout } = await mustRun(pathIn(target), ['--version'], { timeoutMs: 60_000 });
      if (!stdout.includes(version)) throw new Error(`what was built says ${stdout.trim()}, not ${version}`);
    },
  });
  return { path: pathIn(installed), version };
}

const pathIn = (root: string) => join(root, 'bin', 'versitygw');

async function versionInModule(): Promise<string> {
  const text = await readFile(join(directory, 'go.mod'), 'utf8');
  const version = /\tgithub\.com\/versity\/versitygw (v\S+)/.exec(text)?.[1];
  if (version === undefined) throw new Error('go.mod names no version of github.com/versity/versitygw');
  return version;
}
