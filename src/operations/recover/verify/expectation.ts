import { openFileSource, type OperationContext, runPhase } from '../../../base/index.ts';
import { openDatabase } from '../../../formats/bbolt/index.ts';
import { databasePath } from '../../../formats/data-dir/index.ts';
import { newestHashesSteps, readStoreRevision } from '../../../formats/mvcc/index.ts';

/** What the restored cluster must answer, computed from the staged database before any server has touched it. */
export interface Expectation {
  readonly revision: bigint;
  /** Live keys at that revision. */
  readonly keyCount: number;
  /** A server that has compacted answers with one compact revision, one that has not yet with another. */
  readonly hashes: readonly { readonly compactRevision: bigint; readonly hash: number }[];
}

/** Under which name the journal keeps it. */
export const expectationFact = 'expectation';

/** Reads the staged database. Errors: those of reading it, RECORD_INVALID. */
export async function expectFromStaged(dataDir: string, ctx: OperationContext): Promise<Expectation> {
  using file = openFileSource(databasePath(dataDir));
  const database = openDatabase(file);
  const { current, compact, marks } = readStoreRevision(database);
  const compactRevisions = [...new Set([compact, marks.finished ?? -1n])];
  const steps = newestHashesSteps(database, compactRevisions);
  const { hashes, keyCount } = await runPhase(steps, ctx, {
    phase: 'hash',
    totalBytes: file.sizeBytes,
  });
  return { revision: current, keyCount, hashes };
}
