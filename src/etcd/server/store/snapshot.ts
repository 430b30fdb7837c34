/** A store as a stream: a compact database of it, then the SHA-256 of that. */
import { createHash } from 'node:crypto';
import { yieldToEventLoop } from '../../../base/index.ts';
import {
  planDatabaseSteps,
  type StreamBucket,
  streamDatabase,
  type StreamPlan,
} from '../../../formats/bbolt/index.ts';
import type { StoreBucket } from '../../../formats/mvcc/index.ts';
import type { PresentState } from './present-state.ts';
import type { StoreSnapshot } from './store.ts';
import { inSlices } from './store-hash.ts';

const digestBytes = 32;

/** Plans the database, which takes no values; they are read while the pieces are. */
export async function snapshotOf(state: PresentState, pageSize: number): Promise<StoreSnapshot> {
  const buckets = [...state.buckets()].map((bucket) => streamBucket(bucket, state));
  const plan = await inSlices(planDatabaseSteps(buckets, pageSize));
  return {
    databaseBytes: plan.sizeBytes,
    sizeBytes: plan.sizeBytes + digestBytes,
    pieces: pieces(plan, buckets),
  };
}

function streamBucket(bucket: StoreBucket, state: PresentState): StreamBucket {
  const items = () => bucket.entries();
  if (bucket === state.rows) return { name: bucket.name, items, sizes: () => state.rows.sizes() };
  return { name: bucket.name, items, sizes: () => sizesOf(bucket) };
}

function* sizesOf(bucket: StoreBucket): Generator<{ keyBytes: number; valueBytes: number }> {
  for (const { key, value } of bucket.entries()) yield { keyBytes: key.length, valueBytes: value.length };
}

async function* pieces(plan: StreamPlan, buckets: readonly StreamBucket[]): AsyncGenerator<Uint8Array> {
  const digest = createHash('sha256');
  for (const piece of streamDatabase(plan, buckets)) {
    digest.update(piece);
    yield piece;
    await yieldToEventLoop();
  }
  yield new Uint8Array(digest.digest());
}
