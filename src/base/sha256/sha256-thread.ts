import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Sha256Job, Sha256Report, Sha256Result } from './sha256-job.ts';

/** Set by the build to the text of the worker; when run from source, the worker is a file beside this one. */
declare const HOLDFAST_SHA256_WORKER: string | undefined;

/** Starting a thread costs about as much time as hashing this many bytes. */
const bytesWorthAThread = 64 << 20;

/** Whether so many bytes are worth a thread of their own. */
export function isWorthAThread(bytes: number): boolean {
  return bytes >= bytesWorthAThread && availableParallelism() > 1;
}

/** A thread at work. */
export interface Sha256Thread<Job extends Sha256Job> {
  readonly result: Promise<Sha256Result<Job>>;
  /** Stops it, whatever it is doing. */
  end(): Promise<void>;
}

export function startSha256Thread<Job extends Sha256Job>(
  job: Job,
  onProgress?: (doneBytes: number) => void,
): Sha256Thread<Job> {
  const worker =
    typeof HOLDFAST_SHA256_WORKER === 'string'
      ? new Worker(HOLDFAST_SHA256_WORKER, { eval: true })
      : new Worker(new URL('./sha256-worker.ts', import.meta.url));
  const result = new Promise<Sha256Result<Job>>((resolve, reject) => {
    worker.on('message', (report: Sha256Report) => {
      if (report.kind === 'progress') onProgress?.(report.doneBytes);
      else resolve(report.result as Sha256Result<Job>);
    });
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`a SHA-256 thread ended with ${code} before its work`)));
  });
  // Whoever ends it before its time does not wait for a result.
  result.catch(() => undefined);
  worker.postMessage(job);
  return {
    result,
    end: async () => {
      await worker.terminate();
    },
  };
}
