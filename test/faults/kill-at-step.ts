/**
 * Loaded into the program ahead of it: writes down each step with which it changes a directory, and sends it a signal
 * before one of them. Imported as `kill-at-step.ts?directory=…&record=FILE&step=N&signal=…`, for a second signal right
 * after the first one with `&again=1`.
 */
import { appendFileSync } from 'node:fs';
import { watchSteps } from './fs-steps.ts';

const { searchParams } = new URL(import.meta.url);
const fatalStep = Number(searchParams.get('step'));
const record = searchParams.get('record')!;
const signal = searchParams.get('signal')!;

// For as long as the process lives.
await watchSteps(searchParams.get('directory')!, ({ number, call, path }) => {
  if (number === fatalStep) {
    process.kill(process.pid, signal);
    if (searchParams.has('again')) setImmediate(() => process.kill(process.pid, signal));
  }
  appendFileSync(record, `${number} ${call} ${path}\n`);
});
