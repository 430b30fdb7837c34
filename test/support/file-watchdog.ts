import { Worker } from 'node:worker_threads';

/**
 * Loaded into every test process ahead of its tests: ends the process when it is not done in time, even when it is
 * caught in an endless loop, for which node:test's own limit is too polite. Imported as `file-watchdog.ts?limitMs=N`.
 */
const limitMs = Number(new URL(import.meta.url).searchParams.get('limitMs'));

const watch = `
  const { workerData } = require('node:worker_threads');
  const { writeSync } = require('node:fs');
  setTimeout(() => {
    writeSync(2, 'the test file is not done after ' + workerData.limitMs + ' ms\\n');
    process.kill(process.pid, 'SIGTERM');
    // What the first signal cannot reach is stuck in a loop, and will never get to its handlers.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 5000);
  }, workerData.limitMs);
`;

new Worker(watch, { eval: true, workerData: { limitMs } }).unref();
