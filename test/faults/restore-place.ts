/** Restores in directories of their own, for tests that disturb them at a step. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runHoldfast } from '../support/run-cli.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';
import { readTree } from './directory-tree.ts';
import { type FsStep, watchSteps } from './fs-steps.ts';
import { sampleSnapshot } from './sample-snapshot.ts';

const snapshot = sampleSnapshot(0);

export interface Layout {
  /** Relative, as the restore gets them. */
  readonly dataDir: string;
  readonly walDir?: string;
  /** Directories that exist before. */
  readonly existing: readonly string[];
  readonly flags?: readonly string[];
}

export const layouts: Readonly<Record<string, Layout>> = {
  'a new data dir': { dataDir: 'a/data', existing: ['a'] },
  'an empty data dir and a WAL dir of its own': { dataDir: 'data', walDir: 'wal', existing: ['data'] },
  'a new data dir and a WAL dir in new directories': { dataDir: 'data', walDir: 'x/y/wal', existing: [] },
  'a compacted database': { dataDir: 'data', existing: [], flags: ['--compact'] },
};
/** The one with the most steps. */
export const longestLayout = 'an empty data dir and a WAL dir of its own';

/** A directory with a snapshot, and `out/` for everything that a restore makes. */
export class RestorePlace implements AsyncDisposable {
  readonly path: string;
  readonly out: string;
  readonly record: string;
  readonly words: readonly string[];
  readonly #dir: TempDir;
  readonly #existing: readonly string[];

  private constructor(dir: TempDir, layout: Layout) {
    this.path = dir.path;
    this.out = join(dir.path, 'out');
    this.record = join(dir.path, 'steps');
    this.#dir = dir;
    this.#existing = layout.existing;
    this.words = [
      ...['snapshot', 'restore', join(dir.path, 'snapshot.db'), '--data-dir', join(this.out, layout.dataDir)],
      ...(layout.walDir === undefined ? [] : ['--wal-dir', join(this.out, layout.walDir)]),
      ...(layout.flags ?? []),
    ];
  }

  static async make(layout: Layout): Promise<RestorePlace> {
    const dir = await tempDir('restore-steps');
    const place = new RestorePlace(dir, layout);
    await writeFile(join(dir.path, 'snapshot.db'), snapshot);
    await mkdir(place.out);
    for (const name of place.#existing) await mkdir(join(place.out, name), { recursive: true, mode: 0o700 });
    return place;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dir[Symbol.asyncDispose]();
  }
}

/** What an undisturbed restore makes, and its steps. */
export async function undisturbedRestore(
  layout: Layout,
): Promise<{ tree: Record<string, string>; steps: FsStep[] }> {
  await using place = await RestorePlace.make(layout);
  const steps: FsStep[] = [];
  {
    using _ = await watchSteps(place.out, (step) => steps.push(step));
    const result = await runHoldfast(place.words);
    assert.equal(result.exitCode, 0, result.stderr);
  }
  return { tree: await readTree(place.out), steps };
}
