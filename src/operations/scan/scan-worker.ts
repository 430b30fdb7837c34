/** A thread of a scan: waits for the job, works until nothing is left, posts what it counted. */
import { parentPort } from 'node:worker_threads';
import { type ScanJob, ScanThread } from './scan-job.ts';

parentPort?.once('message', (job: ScanJob) => {
  const thread = new ScanThread(job);
  let more = true;
  while (more) more = thread.next();
  const part = thread.liveKeys?.toPart();
  const transfer = part === undefined ? [] : [part.keys.buffer, part.ends.buffer, part.states.buffer];
  parentPort?.postMessage(part, transfer as ArrayBuffer[]);
});
