import { isHoldfastError, type OperationContext } from '../../base/index.ts';
import { listResults, type Repository, type VerificationResult } from '../../repository/index.ts';

/** What verifications and drills found, by the id of the backup; of each the newest last. */
export type BackupResults = ReadonlyMap<string, readonly VerificationResult[]>;

/** Reads the results of one backup, or of all. One that cannot be read says nothing. */
export async function readResults(
  repository: Repository,
  id: string | undefined,
  { signal }: Pick<OperationContext, 'signal'>,
): Promise<BackupResults> {
  const results = new Map<string, VerificationResult[]>();
  for (const { name, statement } of await listResults(repository, id, signal)) {
    if (isHoldfastError(statement)) continue;
    const of = name.split('/')[1]!;
    results.set(of, [...(results.get(of) ?? []), statement]);
  }
  // Their names tell no order within a second.
  for (const some of results.values()) some.sort((a, b) => timeOf(a) - timeOf(b));
  return results;
}

function timeOf({ at }: VerificationResult): number {
  const timeMs = Date.parse(at);
  return Number.isNaN(timeMs) ? 0 : timeMs;
}
