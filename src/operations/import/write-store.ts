import { type OperationContext, runPhase, throwIfInterrupted, yieldToEventLoop } from '../../base/index.ts';
import { planDatabaseSteps, type StreamBucket, streamDatabase } from '../../formats/bbolt/index.ts';
import {
  type KeyValueStoreFile,
  scanRows,
  type StoreBucket,
  type StoreEntry,
} from '../../formats/mvcc/index.ts';

/** Rows that go behind those of bucket `key`, ascending and all above them. They can be gone through twice. */
export interface AddedRows {
  rows(): Iterable<StoreEntry>;
}

/**
 * The store as a fresh database, from its first byte to its last.
 * Errors: DATABASE_CORRUPT, RECORD_INVALID (of the store), INTERRUPTED.
 */
export async function* storePieces(
  store: KeyValueStoreFile,
  pageSize: number,
  added: AddedRows | undefined,
  ctx: OperationContext,
): AsyncGenerator<Uint8Array> {
  const buckets = [...store.buckets()].map((bucket) =>
    streamBucket(bucket, isKeyBucket(bucket) ? added : undefined),
  );
  const plan = await runPhase(planDatabaseSteps(buckets, pageSize), ctx, { phase: 'plan', totalBytes: 0 });
  const startedMs = ctx.clock.monotonicMs();
  ctx.events({ type: 'phase-started', phase: 'write', totalBytes: plan.sizeBytes });
  let doneBytes = 0;
  for (const piece of streamDatabase(plan, buckets)) {
    yield piece;
    doneBytes += piece.length;
    ctx.events({ type: 'phase-progress', phase: 'write', doneBytes, totalBytes: plan.sizeBytes });
    await yieldToEventLoop();
    throwIfInterrupted(ctx.signal);
  }
  ctx.events({
    type: 'phase-finished',
    phase: 'write',
    doneBytes,
    tookMs: ctx.clock.monotonicMs() - startedMs,
  });
}

function isKeyBucket({ name }: StoreBucket): boolean {
  return Buffer.from(name).toString() === 'key';
}

function streamBucket(bucket: StoreBucket, added: AddedRows | undefined): StreamBucket {
  return {
    name: bucket.name,
    *sizes() {
      for (const { key, value } of scanRows(bucket)) yield { keyBytes: key.length, valueBytes: value.length };
      for (const { key, value } of added?.rows() ?? [])
        yield { keyBytes: key.length, valueBytes: value.length };
    },
    *items() {
      yield* bucket.entries();
      yield* added?.rows() ?? [];
    },
  };
}
