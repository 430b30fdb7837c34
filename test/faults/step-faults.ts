/** The two faults of a step: the program is killed before it, or the step fails. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type CliRun, runHoldfast } from '../support/run-cli.ts';
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

/**
 * Runs a command that is killed before its step of this number.
 * @param record a file for the steps, outside the directory
 */
export async function killAtStep(
  words: readonly string[],
  number: number,
  directory: string,
  record: string,
): Promise<void> {
  const preload = pathToFileURL(join(import.meta.dirname, 'kill-at-step.ts'));
  preload.searchParams.set('directory', directory);
  preload.searchParams.set('record', record);
  preload.searchParams.set('step', String(number));
  await writeFile(record, '');
  const result = await runHoldfastProcess(words, { preload: [preload.href] });
  const recorded = await readFile(record, 'utf8');
  assert.equal(result.signal, 'SIGKILL', `${recorded}\n${result.stderr}`);
  assert.equal(recorded.split('\n').length, number, 'it was killed somewhere else');
}
