/** A thread that makes one digest, of the bytes that come through a ring or of a part of a file. */
import { parentPort } from 'node:worker_threads';
import { createHash } from 'node:crypto';
import { readRing } from './byte-ring.ts';
import { hashFileSteps } from './hash-file-steps.ts';
import type { Sha256Job, Sha256Report } from './sha256-job.ts';

function report(message: Sha256Report): void {
  parentPort?.postMessage(message);
}

async function hash(job: Sha256Job): Promise<void> {
  if (job.kind === 'ring') {
    const hash = createHash('sha256');
    readRing(job.ring, (bytes) => hash.update(bytes));
    report({ kind: 'done', result: { digest: new Uint8Array(hash.digest()) } });
    return;
  }
  const steps = hashFileSteps(job);
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) report({ kind: 'progress', doneBytes: step.value });
  report({ kind: 'done', result: step.value });
}

// A failure ends the thread, and whoever started it is told.
parentPort?.once('message', (job: Sha256Job) => void hash(job));
