/**
 * Loaded into the program ahead of it: writes down each step with which it changes a directory, and kills it before
 * one of them. Imported as `kill-at-step.ts?directory=…&record=FILE&step=N`; step 0 kills nothing.
 */
import { appendFileSync } from 'node:fs';
import { watchSteps } from './fs-steps.ts';

const { searchParams } = new URL(import.meta.url);
const fatalStep = Number(searchParams.get('step'));
const record = searchParams.get('record')!;

// For as long as the process lives.
await watchSteps(searchParams.get('directory')!, ({ number, call, path }) => {
  if (number === fatalStep) process.kill(process.pid, 'SIGKILL');
  appendFileSync(record, `${number} ${call} ${path}\n`);
});
