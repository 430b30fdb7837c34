import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { buildGoPrograms, type GoRecipe, goRecipeText } from './go-module.ts';
import { installOnce } from './install-once.ts';
import { peersDirectory } from './peer.ts';

/** A KMS plugin made of Kubernetes' own k8s.io/kms: `go/kms-plugin/main.go` says what it does. */
export interface KmsPluginProgram {
  readonly path: string;
}

/** The plugin, built with this machine's Go within seconds. Rejects with the reason when it cannot be had. */
export function kmsPlugin(): Promise<KmsPluginProgram> {
  found ??= find();
  return found;
}

let found: Promise<KmsPluginProgram> | undefined;

/** The plugin for a test, or undefined after the test has been skipped; under `CI=true` the test fails instead. */
export async function requireKmsPlugin(t: TestContext): Promise<KmsPluginProgram | undefined> {
  try {
    return await kmsPlugin();
  } catch (error) {
    const reason = `the KMS plugin cannot be had: ${error instanceof Error ? error.message : String(error)}`;
    if (process.env['CI'] === 'true') throw new Error(reason, { cause: error });
    t.skip(reason);
    return undefined;
  }
}

const recipe: GoRecipe = {
  kind: 'go',
  directory: join(import.meta.dirname, 'go', 'kms-plugin'),
  programs: [['kms-plugin', '.']],
  sources: ['main.go'],
};

async function find(): Promise<KmsPluginProgram> {
  const installed = await installOnce({
    root: peersDirectory(),
    name: 'kms-plugin',
    recipe: await goRecipeText(recipe),
    retryFailed: false,
    install: (target) => buildGoPrograms(recipe, target),
  });
  return { path: join(installed, 'bin', 'kms-plugin') };
}
