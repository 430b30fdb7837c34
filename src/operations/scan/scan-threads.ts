import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type OperationContext, throwIfInterrupted, yieldToEventLoop } from '../../base/index.ts';
import { LiveKeys, type LiveKeysPart } from './live-keys.ts';
import { type ScanJob, ScanThread } from './scan-job.ts';

/**
 * Set by the build to the text of the worker, a script that is told by its data which module it belongs to; when run
 * from source, the worker is a file beside this one.
 */
declare const HOLDFAST_SCAN_WORKER: string | undefined;

/** Starting a thread costs about as much time as scanning this many bytes. */
const bytesWorthAThread = 96 * 1024 * 1024;
/** More threads than this only wait for memory. */
const maximumThreads = 4;
/** Blocks between two looks at the event loop: a few milliseconds. */
const blocksInSlice = 8;

/** Threads that have been started and wait for a job. Dispose them in every case. */
export interface ScanCrew extends AsyncDisposable {
  /**
   * Runs a job on this thread and on the crew's. Resolves to the live keys, when the job asks for them.
   * Throws INTERRUPTED when the context is aborted.
   */
  run(job: ScanJob, ctx: OperationContext): Promise<LiveKeys | undefined>;
}

/**
 * Starts as many threads as a file of this size is worth; they boot while the caller prepares the job.
 * @param threads how many, this one included, instead of by size
 */
export function startScanCrew(sizeBytes: number, threads = threadsWorth(sizeBytes)): ScanCrew {
  const workers = Array.from({ length: Math.max(0, threads - 1) }, startWorker);
  return {
    async run(job, ctx) {
      const startedMs = ctx.clock.monotonicMs();
      const totalBytes = job.pageCount * job.pageSize;
      ctx.events({ type: 'phase-started', phase: 'scan', totalBytes });
      throwIfInterrupted(ctx.signal);
      for (const { worker } of workers) worker.postMessage(job);
      const own = await runHere(job, ctx);
      for (const { result } of workers) {
        const part = await result;
        if (part !== undefined) own?.merge(part);
      }
      ctx.events({ type: 'phase-finished', phase: 'scan', tookMs: ctx.clock.monotonicMs() - startedMs });
      return own;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map(({ worker }) => worker.terminate()));
    },
  };
}

function threadsWorth(sizeBytes: number): number {
  return Math.min(availableParallelism(), maximumThreads, Math.ceil(sizeBytes / bytesWorthAThread));
}

async function runHere(job: ScanJob, ctx: OperationContext): Promise<LiveKeys | undefined> {
  const thread = new ScanThread(job);
  const totalBytes = job.pageCount * job.pageSize;
  for (let blocks = 1; thread.next(); blocks++) {
    if (blocks % blocksInSlice !== 0) continue;
    ctx.events({ type: 'phase-progress', phase: 'scan', doneBytes: thread.doneBytes, totalBytes });
    await yieldToEventLoop();
    throwIfInterrupted(ctx.signal);
  }
  return thread.liveKeys;
}

function startWorker(): { worker: Worker; result: Promise<LiveKeysPart | undefined> } {
  const worker =
    typeof HOLDFAST_SCAN_WORKER === 'string'
      ? new Worker(HOLDFAST_SCAN_WORKER, { eval: true, workerData: import.meta.url })
      : new Worker(new URL('./scan-worker.ts', import.meta.url));
  const result = new Promise<LiveKeysPart | undefined>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`a scan thread ended with ${code} before its work`)));
  });
  // Awaited only when there is a job; a failure before that must not count as unhandled.
  result.catch(() => undefined);
  return { worker, result };
}
