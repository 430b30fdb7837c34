import { openFileSource, type OperationContext, runPhase } from '../../../base/index.ts';
import { openDatabase } from '../../../formats/bbolt/index.ts';
import { databasePath } from '../../../formats/data-dir/index.ts';
import { buildKeyspaceSteps, readStoreRevision } from '../../../formats/mvcc/index.ts';
import { countUserKeys } from '../revisions/index.ts';
import { snapshotHashKv } from '../../hashkv/index.ts';

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

/** Reads the staged database. Errors: those of `snapshotHashKv`. */
export async function expectFromStaged(dataDir: string, ctx: OperationContext): Promise<Expectation> {
  const path = databasePath(dataDir);
  using file = openFileSource(path);
  const database = openDatabase(file);
  const { current, compact, marks } = readStoreRevision(database);
  const keyspace = await runPhase(buildKeyspaceSteps(database), ctx, {
    phase: 'count keys',
    totalBytes: file.sizeBytes,
  });
  const hashes = [];
  for (const compactRevision of new Set([compact, marks.finished ?? -1n])) {
    const { hash } = await snapshotHashKv({ path, revision: current, compactRevision }, ctx);
    hashes.push({ compactRevision, hash });
  }
  return { revision: current, keyCount: countUserKeys(keyspace), hashes };
}
