import { type OperationContext, runPhase } from '../../base/index.ts';
import { type KeyValueStoreFile, newestHashesSteps, readStoreRevision } from '../../formats/mvcc/index.ts';

/** What a cluster must answer that holds a store, computed before any server has touched it. */
export interface Expectation {
  readonly revision: bigint;
  /** Live keys at that revision. */
  readonly keyCount: number;
  /** A server that has compacted answers with one compact revision, one that has not yet with another. */
  readonly hashes: readonly { readonly compactRevision: bigint; readonly hash: number }[];
}

/**
 * Reads a store.
 * @param totalBytes of the file, for progress
 *
 * Errors: those of reading it, RECORD_INVALID.
 */
export async function readExpectation(
  store: KeyValueStoreFile,
  totalBytes: number,
  ctx: OperationContext,
): Promise<Expectation> {
  const { current, compact, marks } = readStoreRevision(store);
  const compactRevisions = [...new Set([compact, marks.finished ?? -1n])];
  const steps = newestHashesSteps(store, compactRevisions);
  const { hashes, keyCount } = await runPhase(steps, ctx, { phase: 'hash', totalBytes });
  return { revision: current, keyCount, hashes };
}
