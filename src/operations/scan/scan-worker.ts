/** A thread of a scan: takes the job from `workerData`, works until it is done, posts what it counted. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ScanJob, ScanThread } from './scan-job.ts';

const thread = new ScanThread(workerData as ScanJob);
let more = true;
while (more) more = thread.next();
const part = thread.liveKeys?.toPart();
parentPort?.postMessage(
  part,
  part === undefined ? [] : ([part.keys.buffer, part.ends.buffer, part.states.buffer] as ArrayBuffer[]),
);
