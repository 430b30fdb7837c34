/**
 * kill -9 of `recover` at every step that it journals, right before the step and right after it, in both ways of
 * putting the data in place: `--resume` finishes it, and `--rollback` undoes it. All the time somebody watches that no
 * manifest is lost or doubled, and that two etcds never run.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Random } from '../support/random.ts';
import { testSeed } from '../support/test-seed.ts';
import { RecoveryCycles, type SwapMode } from './recovery-cycles.ts';

const isSoak = process.env['HOLDFAST_SOAK'] === '1';
const modes = ['replace', 'new-data-dir'] as const;

type Way = 'resume' | 'rollBack';

interface Manner {
  readonly mode: SwapMode;
  readonly way: Way;
  readonly fromBackup: boolean;
}

/** Journaled changes of steps in one recovery, at least. */
const fewestSteps = 48;

/** Recovers, kills at a step, goes on from there. Returns the steps that were told; the last is the one of the kill. */
async function killedAt(
  cycles: RecoveryCycles,
  killAt: number,
  { mode, way, fromBackup }: Manner,
): Promise<{ readonly steps: readonly string[]; readonly isWhole: boolean }> {
  const cycle = await cycles.begin(mode);
  const killed = await cycles.start(cycle, { killAt, fromBackup }).ended;
  if (fromBackup) await cycles.removeCopy();
  const steps = killed.stdout.trimEnd().split('\n');
  const context = `${mode}, ${way} after a kill at change ${killAt}, ${steps.at(-1)!}; ${killed.stderr}`;
  if (killed.exitCode === 0) {
    await cycles.isRecovered(cycle, context);
    return { steps, isWhole: true };
  }
  assert.equal(killed.signal, 'SIGKILL', context);
  assert.equal(steps.length, killAt, context);
  await cycles[way](cycle, context);
  return { steps, isWhole: false };
}

/** Every step, until a recovery comes through because there is none left to kill it at. */
async function everyStep(t: TestContext, cycles: RecoveryCycles, way: Way, mode: SwapMode): Promise<void> {
  const killedSteps: string[] = [];
  for (let killAt = 1; ; killAt++) {
    const fromBackup = way === 'resume';
    const { steps, isWhole } = await killedAt(cycles, killAt, { mode, way, fromBackup });
    if (isWhole) {
      assert.deepEqual(killedSteps, steps, 'it was killed at each step of a whole recovery');
      break;
    }
    killedSteps.push(steps.at(-1)!);
  }
  t.diagnostic(`${mode}, ${way}: killed at ${killedSteps.length} changes, looked ${cycles.looks} times`);
  assert.ok(killedSteps.length >= fewestSteps, killedSteps.join(', '));
}

/** One step out of each third, the modes by turns. */
async function someSteps(t: TestContext, cycles: RecoveryCycles): Promise<void> {
  const random = new Random(testSeed(t));
  const third = fewestSteps / 3;
  for (const [index, way] of (['resume', 'rollBack'] as const).entries()) {
    for (let part = 0; part < 3; part++) {
      const killAt = part * third + random.int(1, third);
      const mode = modes[(part + index) % 2]!;
      await killedAt(cycles, killAt, { mode, way, fromBackup: part < 2 });
    }
  }
}

test('a recovery that is killed at a step can be finished and can be undone', async (t) => {
  await using cycles = await RecoveryCycles.open(t);
  if (cycles === undefined) return;
  if (!isSoak) await someSteps(t, cycles);
  else
    for (const mode of modes)
      for (const way of ['resume', 'rollBack'] as const) await everyStep(t, cycles, way, mode);
  assert.ok(cycles.looks > 100, `looked ${cycles.looks} times`);
});
