/** Repositories as users make and use them: by commands. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatKeyFile, generateFileKey } from '../../src/repository/index.ts';
import { runHoldfast } from '../support/run-cli.ts';

export type Json = Readonly<Record<string, unknown>>;

/** What tells the commands which repository, and what opens it. */
export type Env = Readonly<Record<string, string>>;

/** Runs a command that has to end with a status; returns what it printed as JSON. */
export async function run(env: Env, exitCode: number, ...argv: readonly string[]): Promise<Json> {
  const result = await runHoldfast([...argv, '-w', 'json'], { env });
  assert.equal(result.exitCode, exitCode, `${argv.join(' ')}: ${result.stderr}${result.stdout}`);
  return (result.stdout === '' ? {} : JSON.parse(result.stdout)) as Json;
}

export interface CommandRepository {
  readonly location: string;
  readonly keyFile: string;
  readonly env: { readonly HOLDFAST_REPOSITORY: string; readonly HOLDFAST_KEY_FILE: string };
}

/** Makes a repository of this name in a directory, with a key file beside it that opens it. */
export async function makeRepository(directory: string, name = 'repository'): Promise<CommandRepository> {
  const location = join(directory, name);
  const keyFile = join(directory, `${name}.key`);
  await writeFile(keyFile, formatKeyFile(generateFileKey()), { mode: 0o600 });
  const env = { HOLDFAST_REPOSITORY: location, HOLDFAST_KEY_FILE: keyFile };
  await run(env, 0, 'repo', 'init');
  return { location, keyFile, env };
}
