/** The hashes of a store, in slices. */
import { crc32c, displayText, type Steps, SliceMeter, yieldToEventLoop } from '../../../base/index.ts';
import { hashKvSteps, metaKeys, readStoreRevision, scanRows } from '../../../formats/mvcc/index.ts';
import type { PresentState } from './present-state.ts';
import type { StoreHash } from './store.ts';

/** Runs steps and lets others run in between. */
export async function inSlices<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await yieldToEventLoop();
  }
}

/** HashKV at a revision that the store holds, as of a compact revision. */
export async function hashState(
  state: PresentState,
  revision: bigint,
  compactRevision: bigint,
): Promise<StoreHash> {
  // After a jump of the revision no row has the newest one.
  const { current } = readStoreRevision(state);
  const upTo = revision < current ? revision : current;
  const { hash } = await inSlices(hashKvSteps(state, { revision: upTo, compactRevision }));
  return { hash, compactRevision, hashRevision: revision };
}

/** What every member sets as it likes is not part of the hash of everything. */
const ignoredMeta: ReadonlySet<string> = new Set([
  metaKeys.consistentIndex,
  metaKeys.term,
  metaKeys.storageVersion,
]);

/**
 * CRC-32C over name, keys and values of every bucket.
 *
 * Source: etcd server/storage/backend/backend.go, server/storage/schema/bucket.go (3.6.16).
 */
export function* hashEverythingSteps(state: PresentState): Steps<number> {
  const meter = new SliceMeter();
  let crc = 0;
  for (const bucket of state.buckets()) {
    crc = crc32c(bucket.name, crc);
    const isMeta = displayText(bucket.name) === 'meta';
    for (const { key, value } of scanRows(bucket)) {
      if (isMeta && ignoredMeta.has(displayText(key))) continue;
      crc = crc32c(value, crc32c(key, crc));
      if (meter.count(key.length + value.length)) yield meter.doneBytes;
    }
  }
  return crc;
}
