import { unpackSample } from '../support/kubernetes-samples.ts';
import { tempDir } from '../support/temp-dir.ts';
import { type Env, type Json, makeRepository, run as runOn } from './repository-commands.ts';

/** A repository in a directory, opened by a key file, with a backup of a sample in it. */
export interface SampleRepository extends AsyncDisposable {
  /** A directory with the repository in it, and room for more. */
  readonly path: string;
  readonly location: string;
  /** What the commands need to know of it. */
  readonly env: Env;
  /** The backup. */
  readonly id: string;
  /** Runs a command that ends with a status; returns what it printed as JSON. */
  run(exitCode: number, ...argv: readonly string[]): Promise<Json>;
}

/** Makes one with the commands that a user has. */
export async function makeSampleRepository(name: string): Promise<SampleRepository> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await tempDir(name));
  const { location, env } = await makeRepository(path);
  const run = (exitCode: number, ...argv: readonly string[]) => runOn(env, exitCode, ...argv);
  const { id } = await run(0, 'backup', 'create', await unpackSample('shop-3.6', path));
  const made = stack.move();
  return { path, location, env, id: String(id), run, [Symbol.asyncDispose]: () => made.disposeAsync() };
}
