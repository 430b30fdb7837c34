import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatKeyFile, generateFileKey } from '../../src/repository/index.ts';
import { unpackSample } from '../support/kubernetes-samples.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

export type Json = Readonly<Record<string, unknown>>;

/** A repository in a directory, opened by a key file, with a backup of a sample in it. */
export interface SampleRepository extends AsyncDisposable {
  /** A directory with the repository in it, and room for more. */
  readonly path: string;
  readonly location: string;
  /** What the commands need to know of it. */
  readonly env: Readonly<Record<string, string>>;
  /** The backup. */
  readonly id: string;
  /** Runs a command that ends with a status; returns what it printed as JSON. */
  run(exitCode: number, ...argv: readonly string[]): Promise<Json>;
}

/** Makes one with the commands that a user has. */
export async function makeSampleRepository(name: string): Promise<SampleRepository> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await tempDir(name));
  const location = join(path, 'repository');
  const keyFile = join(path, 'key');
  await writeFile(keyFile, formatKeyFile(generateFileKey()), { mode: 0o600 });
  const env = { HOLDFAST_REPOSITORY: location, HOLDFAST_KEY_FILE: keyFile };
  const run = async (exitCode: number, ...argv: readonly string[]): Promise<Json> => {
    const result = await runHoldfast([...argv, '-w', 'json'], { env });
    assert.equal(result.exitCode, exitCode, `${argv.join(' ')}: ${result.stderr}${result.stdout}`);
    return (result.stdout === '' ? {} : JSON.parse(result.stdout)) as Json;
  };
  await run(0, 'repo', 'init');
  const { id } = await run(0, 'backup', 'create', await unpackSample('shop-3.6', path));
  const made = stack.move();
  return { path, location, env, id: String(id), run, [Symbol.asyncDispose]: () => made.disposeAsync() };
}
