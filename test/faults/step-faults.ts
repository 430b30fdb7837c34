/** The two faults of a step: the program is killed before it, or the step fails. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type CliRun, runHoldfast } from '../support/run-cli.ts';
import type { RunResult } from '../support/run-command.ts';
import { type FsStep, watchSteps } from './fs-steps.ts';
import { runHoldfastProcess } from './holdfast-process.ts';

/** Whether the step before changed much: before and after a flush, a kill finds the same. */
export function bringsNewState({ number }: FsStep, _index: number, steps: readonly FsStep[]): boolean {
  const earlier = steps[number - 2];
  return earlier === undefined || !/^(FileHandle\.(data)?sync|open)$/.test(earlier.call);
}

/** Runs a command whose step of this number fails with an errno. */
export async function failAtStep(
  words: readonly string[],
  number: number,
  directory: string,
  errno: string,
): Promise<CliRun> {
  using _ = await watchSteps(directory, (step) => {
    if (step.number !== number) return;
    const what = `${errno}: injected, ${step.call} '${step.path}'`;
    throw Object.assign(new Error(what), { code: errno, syscall: step.call, path: step.path });
  });
  return await runHoldfast(words);
}

export interface StepSignal {
  readonly step: number;
  /** Whose steps count. */
  readonly directory: string;
  /** A file for the steps, outside the directory. */
  readonly record: string;
  readonly signal: 'SIGKILL' | 'SIGINT' | 'SIGTERM';
  /** A second signal follows at once. */
  readonly again?: boolean;
}

/** Runs a command that is killed before a step. */
export async function killAtStep(words: readonly string[], fault: Omit<StepSignal, 'signal'>): Promise<void> {
  const result = await signalAtStep(words, { ...fault, signal: 'SIGKILL' });
  const recorded = await readFile(fault.record, 'utf8');
  assert.equal(result.signal, 'SIGKILL', `${recorded}\n${result.stderr}`);
  assert.equal(recorded.split('\n').length, fault.step, 'it was killed somewhere else');
}

/** Runs a command that gets a signal before a step. */
export async function signalAtStep(words: readonly string[], fault: StepSignal): Promise<RunResult> {
  const { step, directory, record, signal, again } = fault;
  const preload = pathToFileURL(join(import.meta.dirname, 'kill-at-step.ts'));
  for (const [name, value] of Object.entries({ step: String(step), directory, record, signal }))
    preload.searchParams.set(name, value);
  if (again === true) preload.searchParams.set('again', '1');
  await writeFile(record, '');
  return await runHoldfastProcess(words, { preload: [preload.href] });
}
