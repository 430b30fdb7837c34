/**
 * kill -9 of a recovery where it is harder: while it goes back, while it is being finished, in the middle of a step;
 * and what everybody else is told while one is pending.
 */
import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import type { RunResult } from '../support/run-command.ts';
import { Random } from '../support/random.ts';
import { testSeed } from '../support/test-seed.ts';
import { eventually } from '../support/waiting.ts';
import { expectFailure } from './expect-failure.ts';
import { type Cycle, killAtChange, RecoveryCycles, type SwapMode } from './recovery-cycles.ts';

const isSoak = process.env['HOLDFAST_SOAK'] === '1';
const modes = ['replace', 'new-data-dir'] as const;
const back = ['undoing', 'undone'];

/** Journaled changes in each of the rounds, at least. */
const fewestChanges = 30;

function contextOf(what: string, { stdout, stderr, signal, exitCode }: RunResult): string {
  return `${what}: ${signal ?? exitCode ?? ''} at ${stdout.trimEnd().split('\n').at(-1)!}; ${stderr}`;
}

type Round = (cycles: RecoveryCycles, killAt: number, mode: SwapMode) => Promise<boolean>;

/** Kills at a change by chance; in a soak at one after the other, in both modes, until none is left. */
async function killedAtChanges(cycles: RecoveryCycles, round: Round, random: Random): Promise<void> {
  if (!isSoak) {
    await round(cycles, random.int(1, fewestChanges), random.pick(modes));
    return;
  }
  for (const mode of modes) {
    let killAt = 1;
    while (await round(cycles, killAt, mode)) killAt++;
    assert.ok(killAt > fewestChanges, `${killAt} changes`);
  }
}

/** A recovery that fails late, and is killed on its way back. Returns whether there was something left to kill. */
async function killedGoingBack(cycles: RecoveryCycles, killAt: number, mode: SwapMode): Promise<boolean> {
  const cycle = await cycles.begin(mode);
  const killed = await cycles.start(cycle, { killAt, states: back, spoil: true }).ended;
  const context = contextOf(`${mode}, killed at change ${killAt} of going back`, killed);
  if (killed.signal !== 'SIGKILL') {
    assert.match(
      killed.stderr,
      /rolled back, everything is as it was before: the API server on \S+ does not show/,
    );
    await cycles.isAsBefore(cycle, context);
    await cycles.isRemembered(cycle, context);
    return false;
  }
  const resumed = await cycles.holdfast(['recover', '--resume']);
  expectFailure(resumed, { code: 'RECOVERY_TURNED_BACK' });
  await cycles.rollBack(cycle, context);
  await cycles.isRemembered(cycle, context);
  return true;
}

/** A recovery that is killed, and the process that undoes it, too. */
async function killedUndoing(cycles: RecoveryCycles, killAt: number, mode: SwapMode): Promise<boolean> {
  const cycle = await cycles.begin(mode);
  await cycles.start(cycle, { killAt: 46 }).ended;
  const killed = await cycles.start(cycle, { kind: 'rollback', killAt }).ended;
  const context = contextOf(`${mode}, killed at change ${killAt} of --rollback`, killed);
  if (killed.signal !== 'SIGKILL') {
    assert.equal(killed.exitCode, 0, context);
    await cycles.isAsBefore(cycle, context);
    return false;
  }
  await cycles.rollBack(cycle, context);
  return true;
}

/** A recovery that is killed, and the process that finishes it, too. */
async function killedResuming(cycles: RecoveryCycles, killAt: number, mode: SwapMode): Promise<boolean> {
  const cycle = await cycles.begin(mode);
  await cycles.start(cycle, { killAt: 1 + (killAt % 7) }).ended;
  const killed = await cycles.start(cycle, { kind: 'resume', killAt }).ended;
  const context = contextOf(`${mode}, killed at change ${killAt} of --resume`, killed);
  if (killed.signal !== 'SIGKILL') {
    assert.equal(killed.exitCode, 0, context);
    await cycles.isRecovered(cycle, context);
    return false;
  }
  if (killAt % 2 === 0) await cycles.resume(cycle, context);
  else await cycles.rollBack(cycle, context);
  return true;
}

/** Whatever state it is in, one of the two gets it out of it. */
async function goOn(cycles: RecoveryCycles, cycle: Cycle, killed: RunResult, context: string, way: boolean) {
  const isOver = /^commit\/tidy done$/m.test(killed.stdout);
  if (cycles.isPending) await cycles[way ? 'resume' : 'rollBack'](cycle, context);
  else if (isOver) await cycles.isRecovered(cycle, context, true);
  else await cycles.isUntouched(cycle, context);
}

async function killedInAStep(t: TestContext, cycles: RecoveryCycles, random: Random): Promise<void> {
  const { directory, plane } = cycles.sandbox;
  const record = join(directory, 'changes');
  const changes = async (mode: SwapMode) => {
    const cycle = await cycles.begin(mode);
    const preload = [killAtChange(plane.root, record, 0)];
    const whole = await cycles.start(cycle, { preload }).ended;
    assert.equal(whole.exitCode, 0, whole.stderr);
    await cycles.isRecovered(cycle, 'not killed');
    const { length } = (await readFile(record, 'utf8')).trimEnd().split('\n');
    await rm(record);
    return { length, tookMs: whole.tookMs };
  };
  const mode = random.pick(modes);
  const { length, tookMs } = await changes(mode);
  t.diagnostic(`${length} changes of files in ${Math.round(tookMs)} ms`);
  for (let kill = 0; kill < (isSoak ? 100 : 2); kill++) {
    const cycle = await cycles.begin(mode);
    const way = random.chance(0.5);
    if (random.chance(0.7)) {
      const step = random.int(1, length);
      const killed = await cycles.start(cycle, { preload: [killAtChange(plane.root, record, step)] }).ended;
      const last = (await readFile(record, 'utf8')).trimEnd().split('\n').at(-1)!;
      await rm(record);
      await goOn(
        cycles,
        cycle,
        killed,
        contextOf(`${mode}, before change ${step}, after ${last}`, killed),
        way,
      );
    } else {
      const running = cycles.start(cycle);
      const afterMs = random.next() * tookMs;
      await delay(afterMs);
      running.kill('SIGKILL');
      const killed = await running.ended;
      await goOn(cycles, cycle, killed, contextOf(`${mode}, after ${afterMs.toFixed()} ms`, killed), way);
    }
  }
}

/** Behind the locks of those that were killed. */
async function isLockedBy(pid: number, root: string): Promise<true | undefined> {
  const directory = join(root, 'run/holdfast');
  const names = (await readdir(directory)).filter((name) => /^recover\.lock($|\.after-)/.test(name));
  const tags = await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
  return tags.some((tag) => tag.startsWith(`${pid}-`)) ? true : undefined;
}

/** Two cannot work on one recovery, a new one is not begun, and every other command says that one is pending. */
async function othersAreTold(cycles: RecoveryCycles): Promise<void> {
  const { sandbox } = cycles;
  const cycle = await cycles.begin('replace');
  await cycles.start(cycle, { killAt: 12 }).ended;
  const other = await cycles.holdfast(['discover']);
  assert.match(
    other.stderr,
    /a recovery of this host was interrupted: finish it with "holdfast recover --resume"/,
  );
  const second = ['recover', sandbox.snapshotPath, '--yes'];
  expectFailure(await cycles.holdfast(second), { code: 'RECOVERY_PENDING' });
  // One that has the lock, stopped for as long as it is asked about.
  const first = cycles.start(cycle, { kind: 'resume' });
  await eventually(60_000, 'the lock is taken', () => isLockedBy(first.pid, sandbox.plane.root));
  first.kill('SIGSTOP');
  try {
    const journal = join(sandbox.plane.root, 'var/lib/holdfast/recover/journal.jsonl');
    const before = await readFile(journal);
    for (const words of [
      ['recover', '--resume'],
      ['recover', '--rollback'],
    ])
      expectFailure(await cycles.holdfast(words), {
        code: 'RECOVERY_RUNNING',
        message: new RegExp(`^Error: process ${first.pid} is working`),
        hint: /^hint: Let it end, or stop it\..* remove \S+\/run\/holdfast\/recover\.lock\.$/,
      });
    expectFailure(await cycles.holdfast(second), { code: 'RECOVERY_PENDING' });
    assert.deepEqual(await readFile(journal), before, 'nobody else has touched the journal');
  } finally {
    first.kill('SIGCONT');
  }
  const done = await first.ended;
  assert.equal(done.exitCode, 0, done.stderr);
  await cycles.isRecovered(cycle, 'the one that was first');
}

test('a recovery that is killed once more, or in the middle of a step', async (t) => {
  await using cycles = await RecoveryCycles.open(t);
  if (cycles === undefined) return;
  const random = new Random(testSeed(t));
  await t.test('others are told', () => othersAreTold(cycles));
  await t.test('while it goes back', () => killedAtChanges(cycles, killedGoingBack, random));
  await t.test('while it is undone', () => killedAtChanges(cycles, killedUndoing, random));
  await t.test('while it is finished', () => killedAtChanges(cycles, killedResuming, random));
  await t.test('in the middle of a step', (inner) => killedInAStep(inner, cycles, random));
  assert.ok(cycles.looks > 100, `looked ${cycles.looks} times`);
});
