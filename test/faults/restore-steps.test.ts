/** A restore that is killed, or whose calls fail, at each single step: nothing half done is ever taken for done. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { readTree } from './directory-tree.ts';
import { expectNoTrace } from './expect-failure.ts';
import { runHoldfastProcess } from './holdfast-process.ts';
import { layouts, longestLayout, RestorePlace, undisturbedRestore } from './restore-place.ts';
import { bringsNewState, failAtStep, killAtStep } from './step-faults.ts';

const soak = process.env['HOLDFAST_SOAK'] === '1';

before(() => runHoldfastProcess(['version']));

for (const [name, layout] of Object.entries(layouts)) {
  describe(name, () => {
    test('every step fails once: nothing is left behind', async () => {
      const { steps, tree } = await undisturbedRestore(layout);
      assert.ok(steps.length > 20, String(steps.length));
      let failed = 0;
      for (const errno of ['EIO', 'ENOSPC']) {
        for (const { number, call } of steps) {
          await using place = await RestorePlace.make(layout);
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

    // The others in the long run.
    if (!soak && name !== longestLayout) return;
    test('killed at every step: the next run succeeds', async () => {
      const { steps, tree } = await undisturbedRestore(layout);
      const outcomes = new Set<string>();
      for (const { number, call } of soak ? steps : steps.filter(bringsNewState)) {
        await using place = await RestorePlace.make(layout);
        await killAtStep(place.words, { step: number, directory: place.out, record: place.record });
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
