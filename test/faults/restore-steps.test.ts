/** A restore that is killed, or whose calls fail, at each single step: nothing half done is ever taken for done. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { runHoldfast } from '../support/run-cli.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';
import { readTree } from './directory-tree.ts';
import { expectNoTrace } from './expect-failure.ts';
import { type FsStep, watchSteps } from './fs-steps.ts';
import { runHoldfastProcess } from './holdfast-process.ts';
import { sampleSnapshot } from './sample-snapshot.ts';
import { bringsNewState, failAtStep, killAtStep } from './step-faults.ts';

const snapshot = sampleSnapshot(0);
const soak = process.env['HOLDFAST_SOAK'] === '1';

interface Layout {
  /** Relative, as the restore gets them. */
  readonly dataDir: string;
  readonly walDir?: string;
  /** Directories that exist before. */
  readonly existing: readonly string[];
  readonly flags?: readonly string[];
}

const layouts: Readonly<Record<string, Layout>> = {
  'a new data dir': { dataDir: 'a/data', existing: ['a'] },
  'an empty data dir and a WAL dir of its own': { dataDir: 'data', walDir: 'wal', existing: ['data'] },
  'a new data dir and a WAL dir in new directories': { dataDir: 'data', walDir: 'x/y/wal', existing: [] },
  'a compacted database': { dataDir: 'data', existing: [], flags: ['--compact'] },
};
/** The one with the most steps is killed at each in every run, the others in the long one. */
const killedInEveryRun = 'an empty data dir and a WAL dir of its own';

/** A directory with a snapshot, and `out/` for everything that a restore makes. */
class Place implements AsyncDisposable {
  readonly path: string;
  readonly out: string;
  readonly words: readonly string[];
  readonly #dir: TempDir;
  readonly #existing: readonly string[];

  private constructor(dir: TempDir, layout: Layout) {
    this.path = dir.path;
    this.out = join(dir.path, 'out');
    this.#dir = dir;
    this.#existing = layout.existing;
    this.words = [
      ...['snapshot', 'restore', join(dir.path, 'snapshot.db'), '--data-dir', join(this.out, layout.dataDir)],
      ...(layout.walDir === undefined ? [] : ['--wal-dir', join(this.out, layout.walDir)]),
      ...(layout.flags ?? []),
    ];
  }

  static async make(layout: Layout): Promise<Place> {
    const dir = await tempDir('restore-steps');
    const place = new Place(dir, layout);
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
async function undisturbed(layout: Layout): Promise<{ tree: Record<string, string>; steps: FsStep[] }> {
  await using place = await Place.make(layout);
  const steps: FsStep[] = [];
  {
    using _ = await watchSteps(place.out, (step) => steps.push(step));
    const result = await runHoldfast(place.words);
    assert.equal(result.exitCode, 0, result.stderr);
  }
  return { tree: await readTree(place.out), steps };
}

before(() => runHoldfastProcess(['version']));

for (const [name, layout] of Object.entries(layouts)) {
  describe(name, () => {
    test('every step fails once: nothing is left behind', async () => {
      const { steps, tree } = await undisturbed(layout);
      assert.ok(steps.length > 20, String(steps.length));
      let failed = 0;
      for (const errno of ['EIO', 'ENOSPC']) {
        for (const { number, call } of steps) {
          await using place = await Place.make(layout);
          const earlier = await readTree(place.out);
          const result = await failAtStep(place.words, number, place.out, errno);
          const context = `${errno} in step ${number}, ${call}: ${result.stderr}`;
          expectNoTrace({ ...result, signal: null, tookMs: 0 });
          const left = await readTree(place.out);
          if (result.exitCode === 0) {
            assert.deepEqual(left, tree, context);
            continue;
          }
          failed++;
          assert.equal(result.exitCode, 1, context);
          assert.match(result.stderr, errno === 'EIO' ? /input\/output error/ : /no space left/, context);
          assert.deepEqual(left, earlier, context);
        }
      }
      assert.ok(failed > steps.length, `${failed} of ${2 * steps.length} failures were noticed`);
    });

    if (!soak && name !== killedInEveryRun) return;
    test('killed at every step: the next run succeeds', async () => {
      const { steps, tree } = await undisturbed(layout);
      const outcomes = new Set<string>();
      for (const { number, call } of soak ? steps : steps.filter(bringsNewState)) {
        await using place = await Place.make(layout);
        await killAtStep(place.words, number, place.out, join(place.path, 'steps'));
        const context = `killed before step ${number}, ${call}`;
        const left = await readTree(place.out);
        const isComplete = Object.keys(left).some((path) => /^(.*\/)?data\/member\/snap\/db$/.test(path));
        outcomes.add(isComplete ? 'complete' : 'unfinished');
        // What the killed run finished is the whole; the next one says that it is there, or makes it.
        const next = await runHoldfastProcess(place.words);
        if (isComplete) assert.match(next.stderr, /^Error: data-dir ".*" is not empty$/m, context);
        assert.equal(next.exitCode, isComplete ? 4 : 0, `${context}: ${next.stderr}`);
        assert.deepEqual(await readTree(place.out), tree, context);
      }
      assert.deepEqual([...outcomes].sort(), ['complete', 'unfinished']);
    });
  });
}
